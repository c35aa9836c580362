import { z } from 'zod';
import { knownPrefixSchema } from '../../../contracts/blob-prefix.ts';
import { workflowNames } from '../../../contracts/job.ts';
import { type ForgetInput, type ForgetResult, type ForgetRow, retentionSchema } from '../../../contracts/forget.ts';
import { mostPatience, type PruneInput } from '../../../contracts/prune.ts';
import { tagsSchema } from '../../../contracts/input.ts';
import { bodyAnswers, problem, storageAnswers } from '../answers.ts';
import { startRoute } from '../instances/start.ts';
import { route } from '../route.ts';
import { backupOptionsSchema } from '../schemas/backup-input.ts';
import { backupsBelow } from './below.ts';
import { suspicionSchema } from './runs.ts';

const mostRuns = 1000;
const flag = (description: string) => z.boolean().optional().meta({ description });

/** The body of a request to forget. */
const forgetBodySchema = z
  .strictObject({
    runs: z
      .array(z.string())
      .min(1, 'must name at least one run')
      .max(mostRuns, `must be at most ${mostRuns}`)
      .optional()
      .meta({ description: 'Ids of runs, instead of a policy' }),
    policy: retentionSchema.optional(),
    root: z.string().optional().meta({ description: 'The policy decides about the runs of this directory alone' }),
    tags: tagsSchema
      .optional()
      .meta({ description: 'The policy decides about runs alone that have all of these tags' }),
    prefix: knownPrefixSchema.optional().meta({ description: "Of the runs; this server's BACKUP_PREFIX unless given" }),
    dryRun: flag('Change nothing, and say what would be done'),
    force: flag('Forget even the newest complete run of a directory, and all that the policy does not keep'),
    undo: flag('Take back that the named runs were forgotten, while their data are there'),
  })
  .meta({ id: 'Forget', description: 'Which runs to forget: by their ids, or by a policy' }) satisfies z.ZodType<
  unknown,
  { [K in keyof ForgetInput]: unknown }
>;

const count = z.int().min(0);

const rowSchema = z.strictObject({
  run: z.string().meta({ description: 'Its id' }),
  outcome: z.enum(['kept', 'forgotten', 'recalled']),
  reasons: z.array(z.string()).min(1),
  startedAt: z.string(),
  root: z.string().optional(),
  complete: z.boolean().optional(),
  suspect: suspicionSchema.optional(),
  files: count.optional(),
  bytes: count.optional(),
  tags: z.array(z.string()).optional(),
}) satisfies z.ZodType<unknown, { [K in keyof ForgetRow]: unknown }>;

/** The answer. */
export const forgetResultSchema = z
  .strictObject({
    dryRun: z.boolean(),
    kept: count,
    forgotten: count,
    recalled: count,
    runs: z.array(rowSchema).meta({ description: 'Directory by directory, newest first' }),
  })
  .meta({ id: 'Forgotten', description: 'What was forgotten, or in a dry run would be' }) satisfies z.ZodType<
  unknown,
  { [K in keyof ForgetResult]: unknown }
>;

/** The body of a prune. */
const pruneBodySchema = z
  .strictObject({
    prefix: knownPrefixSchema
      .optional()
      .meta({ description: "Below which to prune; the worker's BACKUP_PREFIX unless given" }),
    dryRun: z.boolean().optional().meta({ description: 'Delete nothing, and count what would be' }),
    patience: z
      .int()
      .min(0, 'must not be negative')
      .max(mostPatience, `must be at most ${mostPatience}`)
      .optional()
      .meta({ description: 'How long to wait for backups that began before, in milliseconds; a day unless given' }),
    options: backupOptionsSchema.optional(),
  })
  .meta({ description: 'What to prune' }) satisfies z.ZodType<unknown, { [K in keyof PruneInput]: unknown }>;

const forget = route({
  method: 'post',
  path: '/api/backups/forget',
  id: 'forget',
  tag: 'Retention',
  summary:
    'Forget runs, by their ids or by a policy: they cannot be chosen any more, and the next prune may delete them.',
  body: {
    schema: forgetBodySchema,
    what: 'what to forget',
    kind: 'an object',
    example: { policy: { daily: 7 }, dryRun: true },
    required: true,
    most: 256 * 1024,
  },
  answers: {
    ...bodyAnswers,
    ...storageAnswers,
    200: { description: 'What became of each run that was asked about', schema: forgetResultSchema },
    400: problem('The request is wrong'),
    404: problem('There is no such run, or none that has ended'),
    409: problem('A run is under way, or is the newest complete one of its directory; nothing was changed'),
  },
  async handle({ response, server, body, signal }) {
    const asked = (await body()) as ForgetInput;
    const isUnderWay = (instanceId: string) => server.jobs.isUnderWay(instanceId);
    response.json(await backupsBelow(server, undefined).forget(asked, isUnderWay, signal));
  },
});

const prune = startRoute({
  path: '/api/backups/prune',
  id: 'prune',
  tag: 'Retention',
  summary: 'Delete from storage what no run needs any more, once the backups under way have ended.',
  body: {
    schema: pruneBodySchema,
    described: pruneBodySchema
      .nullable()
      .meta({ id: 'Prune', description: "A prune; null or no body means below the worker's own prefix" }),
    what: 'a prune',
    kind: 'an object',
    example: { dryRun: true },
    most: 64 * 1024,
    none: {},
  },
  workflow: workflowNames.prune,
  begin: (_, input) => ({ args: [input], summary: input.prefix ? `Prune ${input.prefix}` : 'Prune' }),
});

export const retentionRoutes = [forget, prune];
