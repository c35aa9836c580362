import { workflowNames } from '../../../contracts/job.ts';
import { forgetInputSchema, forgetResultSchema, type ForgetInput } from '../../../contracts/forget.ts';
import { bodyAnswers, problem, storageAnswers } from '../answers.ts';
import { startRoute } from '../instances/start.ts';
import { route } from '../route.ts';
import { pruneInputSchema } from '../../../contracts/prune.ts';
import { backupsBelow } from './below.ts';

const forget = route({
  method: 'post',
  path: '/api/backups/forget',
  id: 'forget',
  tag: 'Retention',
  summary:
    'Forget runs, by their ids or by a policy: they cannot be chosen any more, and the next prune may delete them.',
  body: {
    schema: forgetInputSchema,
    what: 'what to forget',
    kind: 'an object',
    example: { policy: { daily: 7 }, dryRun: true },
    required: true,
    most: 256 * 1024,
  },
  answers: {
    ...bodyAnswers,
    ...storageAnswers,
    200: {
      description: 'What became of each run that was asked about',
      schema: forgetResultSchema.meta({ id: 'Forgotten' }),
    },
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
    schema: pruneInputSchema,
    described: pruneInputSchema
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
