import { z } from 'zod';
import { knownPrefixSchema } from './blob-prefix.ts';
import { flag, tagsSchema, type Immutable } from './input.ts';
import { suspicionSchema } from './suspicion.ts';

/** The rules that keep the newest run of so many of something, in the order in which they are told. */
export const retentionCounts = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** How many of something are kept: a whole number, or all that there are. */
export type RetentionCount = number | 'unlimited';

const mostCounted = 1_000_000;

const duration = /^(?=.)(?:\d{1,4}y)?(?:\d{1,5}m)?(?:\d{1,5}d)?(?:\d{1,6}h)?$/u;

const mostRuns = 1000;
const mustCount = `must be a whole number from 0 to ${mostCounted}, or unlimited`;

/** How many of something are kept: a whole number, or all that there are. */
export const countSchema = z.union(
  [z.int().min(0, mustCount).max(mostCounted, mustCount), z.literal('unlimited')],
  mustCount,
);

const count = (description: string) => countSchema.exactOptional().meta({ description });

/** What `within` must be. */
export const withinSchema = z
  .string('must be a duration such as 1y5m7d2h')
  .regex(duration, 'must be years, months, days and hours, in this order, such as 1y5m7d2h or 30d')
  .regex(/[1-9]/u, 'must be longer than nothing');

/** What a time zone must be. */
export const timeZoneSchema = z
  .string('must be the name of a time zone, such as Europe/Berlin')
  .refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin');

/** What a policy must be, in a file as in a request. */
export const retentionSchema = z
  .strictObject({
    last: count('Keep this many runs'),
    hourly: count('Keep the newest run of each of this many hours that had one'),
    daily: count('Keep the newest run of each of this many days that had one'),
    weekly: count('Keep the newest run of each of this many weeks that had one; weeks begin on Monday'),
    monthly: count('Keep the newest run of each of this many months that had one'),
    yearly: count('Keep the newest run of each of this many years that had one'),
    within: withinSchema.exactOptional().meta({
      description: 'Keep all runs begun within this time before the newest one: 1y5m7d2h',
    }),
    tags: tagsSchema.exactOptional().meta({ description: 'Keep all runs that have one of these tags' }),
    timeZone: timeZoneSchema.exactOptional().meta({
      description: 'By whose calendar hours to years are told; UTC unless given',
    }),
  })
  .meta({ description: 'Which runs are kept: those that one of the rules wants' });

/** Which runs of a directory are kept: those that one of the rules wants. A rule that is absent or 0 wants none. */
export type RetentionPolicy = Immutable<z.infer<typeof retentionSchema>>;

/** Whether no rule of a policy can ever want a run. */
export function keepsNothing(policy: RetentionPolicy): boolean {
  const counts = retentionCounts.some((name) => (policy[name] ?? 0) !== 0);
  return !counts && policy.within === undefined && (policy.tags ?? []).length === 0;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Which runs are to be forgotten: those that are named, or those that a policy does not keep. */
export const forgetInputSchema = z
  .strictObject({
    runs: z
      .array(z.string())
      .min(1, 'must name at least one run')
      .max(mostRuns, `must be at most ${mostRuns}`)
      .exactOptional()
      .meta({ description: 'Ids of runs, or beginnings of them, instead of a policy' }),
    policy: retentionSchema.exactOptional(),
    root: z.string().exactOptional().meta({ description: 'The policy decides about the runs of this directory alone' }),
    tags: tagsSchema
      .exactOptional()
      .meta({ description: 'The policy decides about runs alone that have all of these tags' }),
    prefix: knownPrefixSchema
      .exactOptional()
      .meta({ description: "Of the runs; this server's BACKUP_PREFIX unless given" }),
    dryRun: flag('Change nothing, and say what would be done'),
    force: flag('Forget even the newest complete run of a directory, and all that the policy does not keep'),
    undo: flag('Take back that the named runs were forgotten, while their data are there'),
  })
  .meta({ description: 'Which runs to forget: by their ids, or by a policy' });

export type ForgetInput = Immutable<z.infer<typeof forgetInputSchema>>;

const tally = z.int().min(0);

/** What becomes of one run, and why. What is absent only its manifest tells. */
const forgetRowSchema = z.strictObject({
  run: z.string().meta({ description: 'Its id' }),
  // `recalled`: it was forgotten, and that is taken back.
  outcome: z.enum(['kept', 'forgotten', 'recalled']),
  reasons: z.array(z.string()).min(1).meta({ description: 'In words' }),
  startedAt: z.string(),
  root: z.string().exactOptional(),
  complete: z.boolean().exactOptional(),
  suspect: suspicionSchema.exactOptional(),
  files: tally.exactOptional(),
  bytes: tally.exactOptional(),
  tags: z.array(z.string()).exactOptional(),
});

export type ForgetRow = Immutable<z.infer<typeof forgetRowSchema>>;

/** What was forgotten, or in a dry run would be. */
export const forgetResultSchema = z
  .strictObject({
    dryRun: z.boolean(),
    kept: tally,
    forgotten: tally,
    recalled: tally,
    runs: z.array(forgetRowSchema).meta({ description: 'Directory by directory, newest first' }),
  })
  .meta({ description: 'What was forgotten, or in a dry run would be' });

export type ForgetResult = Immutable<z.infer<typeof forgetResultSchema>>;

/** The same in short. */
export interface ForgetSummary extends Pick<ForgetResult, 'dryRun' | 'kept' | 'forgotten'> {
  /** The ids of the first 100 that were forgotten. */
  readonly runs: readonly string[];
}
