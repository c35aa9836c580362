import { z } from 'zod';
import { workflowNames } from '../../../contracts/job.ts';
import { isAmbiguous } from '../../../contracts/globs/path-pattern.ts';
import { budgetFault } from '../../../contracts/globs/glob-budget.ts';
import { overwritePolicies, type RestoreInput } from '../../../contracts/restore.ts';
import type { VerificationInput } from '../../../contracts/verification.ts';
import { isRunId } from '../../../history/runs/run-not-found.ts';
import { startRoute } from '../instances/start.ts';
import { lines, problem, runAnswers } from '../answers.ts';
import { inPath, prefixParameter } from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import { route } from '../route.ts';
import { backupOptionsSchema, workerNameSchema } from '../schemas/backup-input.ts';
import { answerNdjson } from './answer-stream.ts';
import { backupsBelow, runAsked, runParameters } from './below.ts';
import { checkRoot } from './check-root.ts';
import { ledgerRowSchema } from './runs.ts';

const mostPaths = 1000;
const mostParts = 10_000;

/** The body of a restore; the run is in the path. */
const restoreBodySchema = z
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
const verificationBodySchema = z
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

const maxBody = 256 * 1024;
// A manifest is small, and the store ends by itself when nothing answers.
const forAsLongAsItTakes = new AbortController().signal;

const answers = {
  ...runAnswers,
  409: problem('An instance of that id is running, or what storage holds of the run was damaged or altered'),
};

const restore = startRoute({
  path: '/api/backups/{run}/restores',
  id: 'restore',
  tag: 'Restore and verify',
  summary: 'Bring back what a run holds.',
  ...runParameters,
  body: {
    schema: restoreBodySchema,
    described: restoreBodySchema
      .nullable()
      .meta({ id: 'Restore', description: 'A restore; null or no body means all of it, where it was' }),
    what: 'a restore',
    kind: 'an object',
    example: { target: '/srv/restored' },
    most: maxBody,
    none: {},
  },
  answers,
  workflow: workflowNames.restore,
  async begin({ server, path: { run }, query }, wanted) {
    const backups = backupsBelow(server, query.prefix);
    const asked = runAsked(run, query);
    const { manifest } = await backups.find(asked, forAsLongAsItTakes);
    const target = wanted.target ?? manifest.root;
    await checkRoot(target, server.backupRoots);
    // The worker asks the same; where the target is elsewhere it alone can.
    const isMirror = wanted.delete === true && wanted.dryRun !== true && wanted.force !== true;
    if (isMirror && wanted.worker === undefined) await backups.checkMirror(manifest, target, forAsLongAsItTakes);
    // As it was asked for, so that the same request sent again is the same one; the worker finds the run again.
    return {
      args: [{ ...asked, ...prefixAsked(query), ...wanted }],
      summary: `Restore run ${manifest.run} into ${target}`,
    };
  },
});

const verify = startRoute({
  path: '/api/backups/{run}/verifications',
  id: 'verify',
  tag: 'Restore and verify',
  summary: 'Check that storage holds what a run stored.',
  ...runParameters,
  body: {
    schema: verificationBodySchema,
    described: verificationBodySchema.nullable().meta({
      id: 'Verification',
      description: 'A verification; null or no body means by a listing of the container',
    }),
    what: 'a verification',
    kind: 'an object',
    example: { deep: true },
    most: maxBody,
    none: {},
  },
  answers,
  workflow: workflowNames.verify,
  async begin({ server, path: { run }, query }, wanted) {
    const asked = runAsked(run, query);
    const { manifest } = await backupsBelow(server, query.prefix).find(asked, forAsLongAsItTakes);
    return { args: [{ ...asked, ...prefixAsked(query), ...wanted }], summary: `Verify run ${manifest.run}` };
  },
});

function prefixAsked({ prefix }: { readonly prefix?: string | undefined }): { prefix?: string } {
  return prefix === undefined ? {} : { prefix };
}

const reports = (['restores', 'verifications'] as const).map((kind) =>
  route({
    method: 'get',
    path: `/api/${kind}/{id}/ledger`,
    id: `${kind}Ledger`,
    tag: 'Restore and verify',
    summary: `What became of every path of one of the ${kind}.`,
    inPath: {
      id: inPath(
        z
          .string()
          .refine(isRunId)
          .meta({
            description: 'The restoreId or verificationId of its summary',
            examples: ['20261121T051430Z-1f3a9c2e'],
          }),
        (id) => new HttpProblem(404, `${JSON.stringify(id)} is not the id of one of the ${kind}`),
      ),
    },
    query: prefixParameter,
    answers: { ...runAnswers, 200: lines(ledgerRowSchema) },
    async handle({ response, server, path: { id }, query, signal }) {
      await answerNdjson(response, backupsBelow(server, query.prefix).reportLedger({ kind, id }, signal), server.log);
    },
  }),
);

export const restoreRoutes = [restore, verify, ...reports];
