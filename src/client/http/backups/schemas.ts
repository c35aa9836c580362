import { z } from 'zod';
import { changes, type DifferenceRow } from '../../../history/views/compare-runs.ts';
import type { EntryRow, EntryState } from '../../../history/views/list-entries.ts';
import type { LedgerRow } from '../../../history/views/read-report-rows.ts';
import { runStates, type RunInfo } from '../../../history/views/run-info.ts';
import { isAmbiguous } from '../../../contracts/globs/path-pattern.ts';
import { budgetFault } from '../../../contracts/globs/glob-budget.ts';
import type { Suspicion } from '../../../contracts/suspicion.ts';
import { overwritePolicies, type RestoreInput } from '../../../contracts/restore.ts';
import type { VerificationInput } from '../../../contracts/verification.ts';
import { backupOptionsSchema, workerNameSchema } from '../schemas/backup-input.ts';

const mostPaths = 1000;
const mostParts = 10_000;

/** The body of a restore; the run is in the path. */
export const restoreBodySchema = z
  .strictObject({
    target: z
      .string()
      .min(1, 'must not be empty')
      .optional()
      .meta({ description: "Absolute path of a directory on the worker's machine; by default where it came from" }),
    worker: workerNameSchema.optional().meta({
      description:
        'Where the target is: a name that workers have among their WORKER_NAMES; by default all can write there',
    }),
    paths: z
      .array(z.string().min(1, 'must not be empty'))
      .min(1, 'must name something; leave it out to restore everything')
      .max(mostPaths, `must be at most ${mostPaths}`)
      .superRefine((paths, context) => {
        const fault = budgetFault(paths.filter(isAmbiguous));
        if (fault) context.addIssue({ code: 'custom', message: fault.message });
      })
      .optional()
      .meta({ description: 'Files, folders or globs, relative to the directory that was backed up' }),
    overwrite: z
      .enum(overwritePolicies)
      .optional()
      .meta({ description: 'What happens to what is in the way; by default if-changed' }),
    delete: z
      .boolean()
      .optional()
      .meta({ description: 'Delete what the target holds and the run does not, but for what the run leaves out' }),
    force: z.boolean().optional().meta({
      description: 'Delete also in a directory that nothing of this was restored into before',
    }),
    dryRun: z.boolean().optional().meta({ description: 'Change nothing, and report what would be done' }),
    options: backupOptionsSchema.optional(),
  })
  .meta({ description: 'What to restore of a run, and where to' }) satisfies z.ZodType<unknown, Sent<RestoreInput>>;

/** The body of a verification; the run is in the path. */
export const verificationBodySchema = z
  .strictObject({
    deep: z.boolean().optional().meta({ description: 'Read the content and hash it' }),
    sample: z
      .number()
      .gt(0, 'must be above 0')
      .max(1, 'must be at most 1')
      .optional()
      .meta({ description: 'Of a deep one: read this share of the files, others each time' }),
    subset: z
      .strictObject({ number: z.int().min(1).max(mostParts), of: z.int().min(1).max(mostParts) })
      .refine(({ number, of }) => number <= of, 'its number must not be above its of')
      .optional()
      .meta({ description: 'Of a deep one: read this part of the files' }),
    options: backupOptionsSchema.optional(),
  })
  .refine(({ deep, sample, subset }) => deep === true || (sample === undefined && subset === undefined), {
    message: 'sample and subset say what a deep verification reads: send deep: true with them',
  })
  .refine(({ sample, subset }) => sample === undefined || subset === undefined, 'send sample or subset, not both')
  .meta({ description: 'How much to verify of a run' }) satisfies z.ZodType<unknown, Sent<VerificationInput>>;

type Sent<T> = { [K in Exclude<keyof T, 'run' | 'root' | 'prefix'>]?: unknown };

const count = z.int().min(0).optional();

/** Why a run is suspect, in an answer. */
export const suspicionSchema = z
  .strictObject({
    since: z.string().meta({ description: 'The good run that it was compared with' }),
    files: z.int().min(0).meta({ description: 'Files of that run' }),
    lost: z.int().min(0).meta({ description: 'How many of them are gone' }),
    reasons: z.array(z.string()).min(1),
    acceptedAt: z.string().optional().meta({ description: 'When somebody said that it is meant to be so' }),
  })
  .meta({ description: 'Why a run may not be what its directory ought to hold' }) satisfies z.ZodType<
  unknown,
  { [K in keyof Suspicion]: unknown }
>;

/** One run in an answer. */
export const runInfoSchema = z
  .strictObject({
    run: z.string().meta({ description: 'Its id' }),
    state: z.enum(runStates),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
    durationMs: z.number().optional(),
    files: count,
    bytes: count,
    failed: count,
    skipped: count,
    root: z.string().optional(),
    instanceId: z.string().optional(),
    tags: z.array(z.string()).optional(),
    suspect: suspicionSchema.optional(),
    forgottenAt: z.string().optional().meta({ description: 'When it was forgotten' }),
    reason: z.string().optional().meta({ description: 'Why its manifest cannot be read' }),
  })
  .meta({ description: 'One run' }) satisfies z.ZodType<unknown, { [K in keyof RunInfo]: unknown }>;

const pathMembers = {
  path: z.string().meta({ description: 'For people' }),
  encodedPath: z.string().meta({ description: 'The exact path' }),
};

/** One line of a ledger. */
export const ledgerRowSchema = z
  .strictObject({
    ...pathMembers,
    kind: z.string().optional(),
    outcome: z.string(),
    attempts: count,
    bytes: count,
    sha256: z.string().optional(),
    reason: z.string().optional(),
  })
  .meta({ description: 'What became of one path; one such object a line' }) satisfies z.ZodType<
  unknown,
  { [K in keyof LedgerRow]: unknown }
>;

const stateMembers = {
  kind: z.string(),
  special: z.string().optional().meta({ description: 'Of the kind `other`: a fifo, a socket or a device' }),
  mode: z.string().meta({ description: 'Permission bits in octal digits' }),
  bytes: count,
  mtime: z.iso.datetime().optional().meta({ description: 'When it was last modified' }),
  mtimeNs: z.string().meta({ description: 'The same exactly, in nanoseconds since 1970' }),
  sha256: z.string().optional(),
  target: z.string().optional().meta({ description: 'Where a symlink points' }),
} satisfies { [K in keyof EntryState]-?: z.ZodType };

/** One line of a listing. */
export const entryRowSchema = z
  .strictObject({
    ...pathMembers,
    ...stateMembers,
    outcome: z.string(),
    reason: z.string().optional().meta({ description: 'Why the run does not hold it' }),
  })
  .meta({ description: 'One path that a run lists; one such object a line' }) satisfies z.ZodType<
  unknown,
  { [K in keyof EntryRow]: unknown }
>;

const stateSchema = z.strictObject(stateMembers).optional();

/** One line of a comparison. */
export const differenceRowSchema = z
  .strictObject({
    change: z.enum(changes),
    ...pathMembers,
    before: stateSchema,
    after: stateSchema,
    reason: z.string().optional().meta({ description: 'Why one of the runs lists it and does not hold it' }),
  })
  .meta({ description: 'One path that differs between two runs; one such object a line' }) satisfies z.ZodType<
  unknown,
  { [K in keyof DifferenceRow]: unknown }
>;
