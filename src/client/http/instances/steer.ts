import { z } from 'zod';
import type { Request } from 'express';
import { isEnded, type Delivery, type RuntimeStatus } from '../../jobs/job.ts';
import { JobExistsError } from '../../jobs/jobs.ts';
import { webhookPrefix } from '../app-dependencies.ts';
import { anyJson, problem, startedAnswers, type Answers } from '../answers.ts';
import { flag, patienceOf, readQuery, reasonParameter, waitParameters } from '../parameters.ts';
import { HttpProblem, nothing } from '../problem.ts';
import { route, type Route, type Server } from '../route.ts';
import { answerStart } from './answer-start.ts';
import { canBeginAnId, eventNameSchema, instanceInPath } from './instance-id.ts';
import { jobFilterOf, purgeFilter } from './job-filter.ts';

const many = `${webhookPrefix}/instances`;
const one = `${many}/{instanceId}`;
const inPath = { instanceId: instanceInPath };
const codes = () => ['instance'] as const;

const unknown = { description: 'There is no such instance' };
const done = { description: 'It was passed on' };
const messageAnswers = {
  202: done,
  400: problem('The request is wrong'),
  404: unknown,
  410: { description: 'The instance has ended' },
} as const satisfies Answers;

const deliveryCodes: Readonly<Record<Delivery, number>> = { delivered: 202, unknown: 404, ended: 410 };

type Deliver = (jobs: Server['jobs'], instanceId: string, reason: string | undefined) => Promise<Delivery>;

function message(id: 'terminate' | 'suspend' | 'resume', summary: string, deliver: Deliver): Route {
  return route({
    method: 'post',
    path: `${one}/${id}`,
    id,
    tag: 'Instances',
    summary,
    inPath,
    query: reasonParameter,
    answers: messageAnswers,
    codes,
    async handle({ response, server: { jobs }, path, query }) {
      const delivery = await deliver(jobs, path.instanceId, query.reason);
      response.status(deliveryCodes[delivery]).end();
    },
  });
}

const terminate = message('terminate', 'End an instance at once; the reason becomes its output.', (jobs, id, reason) =>
  jobs.terminate(id, reason),
);
const suspend = message('suspend', 'Let an instance start nothing more.', (jobs, id, reason = '') =>
  jobs.suspend(id, reason),
);
const resume = message('resume', 'Let a suspended instance go on.', (jobs, id, reason = '') => jobs.resume(id, reason));

const raiseEvent = route({
  method: 'post',
  path: `${one}/raiseEvent/{eventName}`,
  id: 'raiseEvent',
  tag: 'Instances',
  summary: 'Raise an event.',
  inPath: { ...inPath, eventName: z.string().meta(eventNameSchema.meta() ?? {}) },
  body: {
    schema: anyJson,
    what: 'JSON',
    kind: 'any JSON',
    example: { approved: true },
    required: true,
    most: 1024 * 1024,
    anyType: true,
  },
  answers: { ...messageAnswers, 413: problem('The body is too large'), 415: problem('The body is not in UTF-8') },
  codes,
  async handle({ request, response, server: { jobs }, path: { instanceId, eventName }, body }) {
    // Whether there is anybody to send it to comes first.
    const status = await jobs.runtimeStatus(instanceId);
    if (status === undefined) throw nothing(404);
    if (isEnded(status)) throw nothing(410);
    const { error } = eventNameSchema.safeParse(eventName);
    if (error) {
      throw new HttpProblem(400, `The name of the event ${error.issues.map(({ message }) => message).join(', and ')}`);
    }
    const event = await body();
    if (!request.is('application/json')) {
      throw new HttpProblem(400, 'Only application/json request content is supported');
    }
    if (event === undefined) throw new HttpProblem(400, 'Invalid JSON content: the body is empty');
    response.status(deliveryCodes[await jobs.raiseEvent(instanceId, eventName, event)]).end();
  },
});

const rewind = route({
  method: 'post',
  path: `${one}/rewind`,
  id: 'rewind',
  tag: 'Instances',
  summary: 'Run again what failed of an instance, under its id.',
  inPath,
  query: reasonParameter,
  answers: {
    202: done,
    404: unknown,
    412: problem('It has not failed'),
    409: problem('It runs again already'),
    501: problem('Nothing keeps what was done'),
  },
  codes,
  starts: true,
  async handle({ request, response, server: { jobs }, path: { instanceId } }) {
    const status = await jobs.runtimeStatus(instanceId);
    const rewound = status === 'Failed' ? await jobs.rewind(instanceId) : (status ?? 'unknown');
    if (rewound === 'started') {
      response.status(202).end();
      return;
    }
    const [code, reason] = refusalOf(rewound, instanceId);
    // Durable Functions says why in a bare JSON string, and its clients show that as it is.
    if (!wantsBareJson(request)) throw new HttpProblem(code, reason);
    response.status(code).json(reason);
  },
});

function refusalOf(rewound: RuntimeStatus | 'unknown' | 'unsupported', instanceId: string): [number, string] {
  if (rewound === 'unknown') return [404, `No orchestration with instance ID "${instanceId}" found.`];
  if (rewound === 'unsupported') {
    return [501, 'Nothing was kept that a rewind could start from: start it again instead'];
  }
  return [
    412,
    `Only failed orchestrations can be rewound, but the orchestration with instance ID ${instanceId} has status ${rewound}`,
  ];
}

/** Whoever asks for `application/json` by name gets a bare string, everybody else problem details. */
function wantsBareJson(request: Request): boolean {
  const accept = (request.get('accept') ?? '').toLowerCase();
  return accept.includes('application/json') && !accept.includes('application/problem+json');
}

const newId = { restartWithNewInstanceId: flag('By default true') };

const restart = route({
  method: 'post',
  path: `${one}/restart`,
  id: 'restart',
  tag: 'Instances',
  summary: 'Start an instance with the same name and input.',
  inPath,
  query: { ...newId, ...waitParameters },
  answers: { ...startedAnswers, 404: { description: 'No instance can have such an id' } },
  // Another instance is more than an address of this one should give.
  codes: ({ query }) => (wantsNewId(query) ? ['restart'] : ['instance', 'restart']),
  starts: true,
  async handle(call) {
    const { server, path, query } = call;
    const patience = patienceOf(query);
    const started = await server.jobs
      .restart(path.instanceId, { newId: wantsNewId(call.request.query) })
      .catch(sayWhichExists);
    if (started === undefined) throw new HttpProblem(400, 'InstanceId does not match a valid orchestration instance.');
    await answerStart(call, { instanceId: started, opener: path.instanceId, patience });
  },
});

function wantsNewId(query: Request['query']): boolean {
  return readQuery(newId, query).restartWithNewInstanceId ?? true;
}

function sayWhichExists(error: unknown): never {
  if (!(error instanceof JobExistsError)) throw error;
  throw new HttpProblem(409, 'A non-terminal instance with this instance ID already exists.');
}

const purgeResultSchema = z
  .strictObject({ instancesDeleted: z.int().min(1) })
  .meta({ id: 'PurgeResult', description: 'How many instances were deleted' });

const purge = route({
  method: 'delete',
  path: one,
  id: 'purge',
  tag: 'Instances',
  summary: 'Forget an instance that has ended.',
  inPath,
  answers: {
    200: { description: 'It was deleted', schema: purgeResultSchema },
    404: unknown,
    412: problem('It has not ended'),
  },
  codes,
  async handle({ response, server: { jobs }, path: { instanceId } }) {
    const status = await jobs.runtimeStatus(instanceId);
    if (status !== undefined && !isEnded(status)) {
      throw new HttpProblem(
        412,
        `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${instanceId} has status ${status}`,
      );
    }
    if (status === undefined || !(await jobs.purge(instanceId))) throw nothing(404);
    response.json({ instancesDeleted: 1 });
  },
});

const purgeMany = route({
  method: 'delete',
  path: many,
  id: 'purgeMany',
  tag: 'Instances',
  summary: 'Forget the ended instances that the filter wants; createdTimeFrom is required.',
  query: purgeFilter,
  answers: {
    200: { description: 'They were deleted', schema: purgeResultSchema },
    400: problem('The filter is wrong'),
    404: { description: 'There are none' },
  },
  async handle({ response, server: { jobs }, query }) {
    const filter = jobFilterOf(query);
    const instancesDeleted = canBeginAnId(filter.instanceIdPrefix) ? await jobs.purgeAll(filter) : 0;
    if (instancesDeleted === 0) throw nothing(404);
    response.json({ instancesDeleted });
  },
});

export const steerRoutes = [terminate, suspend, resume, raiseEvent, rewind, restart, purge, purgeMany];
