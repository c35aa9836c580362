import { z } from 'zod';
import { appliedChangeSchema } from '../../schedules/apply-schedules.ts';
import { scheduleInfoSchema } from '../../schedules/schedule-info.ts';
import { Schedules } from '../../schedules/schedules.ts';
import { answerStart } from '../instances/answer-start.ts';
import { bodyAnswers, problem, startedAnswers } from '../answers.ts';
import { patienceOf, readFlag, reasonParameter, strict, waitParameters } from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import { route, type Server } from '../route.ts';

const maxBody = 1024;

/** The body of applying the sources file. */
const applyBodySchema = z
  .strictObject({
    dryRun: z.boolean().optional().meta({ description: 'Change nothing, and tell what would be changed' }),
  })
  .meta({ description: 'How to apply the sources file' });

const path = '/api/backups/schedules';
const one = `${path}/{source}`;
const inPath = { source: z.string().meta({ description: 'The name of a source', examples: ['photos'] }) };
const none = { 404: problem('There is no schedule for a source of that name') } as const;
const its = { 200: { description: 'The schedule as it is then', schema: scheduleInfoSchema }, ...none } as const;

const schedulesOf = ({ jobs }: Server) => new Schedules(jobs.client);

const list = route({
  method: 'get',
  path,
  id: 'schedules',
  tag: 'Schedules',
  summary: 'The schedules of the sources.',
  answers: {
    200: {
      description: 'All of them',
      schema: z
        .array(scheduleInfoSchema)
        .meta({ id: 'ScheduleList', description: 'The schedules, by the names of their sources' }),
    },
  },
  handle: async ({ response, server }) => response.json(await schedulesOf(server).list()),
});

const apply = route({
  method: 'post',
  path: `${path}/apply`,
  id: 'applySchedules',
  tag: 'Schedules',
  summary: 'Make the schedules those of the sources file.',
  query: {
    // Who asks for a dry run in words that nobody reads would get all but that.
    dryRun: strict(readFlag, 'dryRun must be true or false', {
      description: 'Change nothing, and tell what would be changed',
      type: 'boolean',
    }).optional(),
  },
  body: {
    schema: applyBodySchema,
    described: applyBodySchema
      .nullable()
      .meta({ id: 'Apply', description: 'How to apply the sources file; null or no body means at once' }),
    what: 'an object such as {"dryRun":true}',
    kind: 'an object',
    example: { dryRun: true },
    most: maxBody,
    none: {},
  },
  answers: {
    ...bodyAnswers,
    200: {
      description: 'What was done, or in a dry run would be',
      schema: z.array(appliedChangeSchema).meta({ id: 'AppliedList', description: 'By the names of the sources' }),
    },
    400: problem(
      'The request is wrong, a source has the name of one of another task queue, or Temporal refuses a schedule',
    ),
    409: problem('This server has no sources file, or somebody else changed the schedules meanwhile: apply again'),
    503: problem('The sources file is wrong, or Temporal does not answer'),
  },
  async handle({ response, server, query, body }) {
    const { dryRun } = await body();
    const opened = await server.sources?.();
    if (!opened) {
      throw new HttpProblem(
        409,
        'This server has no sources file to apply: set DURABLE_BACKUP_CONFIG to one and start it again',
      );
    }
    const asked = { dryRun: query.dryRun === true || dryRun === true };
    response.json(await schedulesOf(server).apply(opened.sources, asked));
  },
});

const get = route({
  method: 'get',
  path: one,
  id: 'schedule',
  tag: 'Schedules',
  summary: 'One schedule.',
  inPath,
  answers: its,
  handle: async ({ response, server, path: { source } }) => response.json(await schedulesOf(server).get(source)),
});

const next = route({
  method: 'get',
  path: `${one}/next`,
  id: 'nextStarts',
  tag: 'Schedules',
  summary: 'When the next runs of a source start.',
  inPath,
  answers: {
    200: {
      description: 'Times, soonest first; none while it is paused',
      schema: z.array(z.iso.datetime()).meta({ id: 'Times', description: 'Times' }),
    },
    ...none,
  },
  async handle({ response, server, path: { source } }) {
    const { next } = await schedulesOf(server).get(source);
    response.json(next);
  },
});

const pause = route({
  method: 'post',
  path: `${one}/pause`,
  id: 'pauseSchedule',
  tag: 'Schedules',
  summary: 'Start no runs of a source from now on.',
  inPath,
  query: reasonParameter,
  answers: its,
  async handle({ response, server, path: { source }, query: { reason } }) {
    response.json(await schedulesOf(server).pause(source, reason?.trim() || 'Paused over HTTP'));
  },
});

const resume = route({
  method: 'post',
  path: `${one}/resume`,
  id: 'resumeSchedule',
  tag: 'Schedules',
  summary: 'Start runs of a source again.',
  inPath,
  answers: its,
  handle: async ({ response, server, path: { source } }) => response.json(await schedulesOf(server).resume(source)),
});

const trigger = route({
  method: 'post',
  path: `${one}/trigger`,
  id: 'triggerSchedule',
  tag: 'Schedules',
  summary: 'Start a run of a source now.',
  inPath,
  query: waitParameters,
  answers: { ...startedAnswers, ...none, 409: problem('A scheduled run of the source is under way') },
  starts: true,
  async handle(call) {
    const {
      server,
      path: { source },
    } = call;
    const patience = patienceOf(call.query);
    const instanceId = await schedulesOf(server).trigger(source);
    if (instanceId === undefined) throw new HttpProblem(503, `Temporal has not begun the run of ${source}: look again`);
    await answerStart(call, { instanceId, patience });
  },
});

export const scheduleRoutes = [list, apply, get, next, pause, resume, trigger];
