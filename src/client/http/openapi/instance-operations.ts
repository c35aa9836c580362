import { webhookPrefix } from '../app-dependencies.ts';
import { parameters, problem, startedAnswers, type Answer, type Operation, type Parameter } from './operation.ts';

const many = `${webhookPrefix}/instances`;
const one = `${many}/{instanceId}`;
const p = parameters;

const unknown: Answer = { description: 'There is no such instance' };
const ended: Answer = { description: 'The instance has ended' };
const done: Answer = { description: 'It was passed on' };

/** `POST …/instances/{instanceId}/{name}`: tells an instance something. */
function message(name: string, summary: string, more: Partial<Operation> = {}): Operation {
  return {
    method: 'post',
    path: `${one}/${name}`,
    id: name.replace(/\/.*$/u, ''),
    summary,
    tag: 'Steer',
    parameters: [p.instanceId, p.reason],
    ...more,
    answers: { 202: done, 400: problem('The request is wrong'), 404: unknown, 410: ended, ...more.answers },
  };
}

const filters: readonly Parameter[] = [p.createdTimeFrom, p.createdTimeTo, p.runtimeStatuses];

/** What can be asked of instances. */
export const instanceOperations: readonly Operation[] = [
  {
    method: 'get',
    path: one,
    id: 'status',
    summary: 'How an instance stands: 202 while it runs, 200 once it has ended.',
    tag: 'Watch',
    parameters: [p.instanceId, p.showInput, p.showHistory, p.showHistoryOutput, p.failureAsError],
    answers: {
      200: { description: 'It has ended', schema: 'Status' },
      202: { description: 'It has not ended', schema: 'Status', headers: ['Location', 'Retry-After'] },
      404: unknown,
      500: { description: 'It has failed, and returnInternalServerErrorOnFailure was set', schema: 'Status' },
    },
  },
  {
    method: 'get',
    path: many,
    id: 'list',
    summary: 'Instances, the newest first, a page at a time.',
    tag: 'Watch',
    parameters: [...filters, p.instanceIdPrefix, p.showInput, p.top, p.continuationToken],
    answers: {
      200: {
        description: 'A page; the header leads to the next',
        schema: 'StatusList',
        headers: ['x-ms-continuation-token'],
      },
      400: problem('The request is wrong'),
    },
  },
  message('terminate', 'End an instance at once; the reason becomes its output.'),
  message('suspend', 'Let an instance start nothing more.'),
  message('resume', 'Let a suspended instance go on.'),
  message('raiseEvent/{eventName}', 'Raise an event.', {
    parameters: [p.instanceId, p.eventName],
    body: { schema: 'AnyJson', required: true },
    answers: { 413: problem('The body is too large'), 415: problem('The body is not in UTF-8') },
  }),
  {
    method: 'post',
    path: `${one}/rewind`,
    id: 'rewind',
    summary: 'Run again what failed of an instance, under its id.',
    tag: 'Steer',
    parameters: [p.instanceId, p.reason],
    answers: {
      202: done,
      404: unknown,
      412: problem('It has not failed'),
      409: problem('It runs again already'),
      501: problem('Nothing keeps what was done'),
    },
  },
  {
    method: 'post',
    path: `${one}/restart`,
    id: 'restart',
    summary: 'Start an instance with the same name and input.',
    tag: 'Steer',
    parameters: [p.instanceId, p.restartWithNewInstanceId, p.timeout, p.pollingInterval],
    answers: {
      ...startedAnswers,
      404: { description: 'No instance can have such an id' },
    },
  },
  {
    method: 'delete',
    path: one,
    id: 'purge',
    summary: 'Forget an instance that has ended.',
    tag: 'Purge',
    parameters: [p.instanceId],
    answers: {
      200: { description: 'It was deleted', schema: 'PurgeResult' },
      404: unknown,
      412: problem('It has not ended'),
    },
  },
  {
    method: 'delete',
    path: many,
    id: 'purgeMany',
    summary: 'Forget the ended instances that the filter wants; createdTimeFrom is required.',
    tag: 'Purge',
    parameters: [p.requiredFrom, p.readableTo, p.knownStatuses, p.instanceIdPrefix],
    answers: {
      200: { description: 'They were deleted', schema: 'PurgeResult' },
      400: problem('The filter is wrong'),
      404: { description: 'There are none' },
    },
  },
];
