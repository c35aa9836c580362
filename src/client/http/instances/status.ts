import { z } from 'zod';
import type { HistoryEvent } from '../../jobs/history-events.ts';
import { isEnded, runtimeStatuses, type JobStatus } from '../../jobs/job.ts';
import { maxPageSize } from '../../jobs/find-jobs.ts';
import { webhookPrefix } from '../app-dependencies.ts';
import { problem } from '../answers.ts';
import { flag, number, pageSize, tokenHeader, tokenParameter } from '../parameters.ts';
import { nothing } from '../problem.ts';
import { route } from '../route.ts';
import { originOf } from '../server/origin.ts';
import { canBeginAnId, instanceInPath } from './instance-id.ts';
import { jobFilterOf, listFilter } from './job-filter.ts';

const retryAfterPoll = '5';
const defaultPageSize = 100;

const seconds = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u)
    .meta({ description: `${description}, in whole seconds of UTC` });

/** The answer to a poll. */
export const statusBodySchema = z
  .strictObject({
    name: z.string().meta({ description: 'The name of the orchestrator' }),
    instanceId: z.string(),
    runtimeStatus: z.enum(runtimeStatuses).meta({ description: 'The state of an instance' }),
    input: z.unknown().meta({ description: 'As it was given; null when showInput is false' }),
    customStatus: z.unknown().meta({ description: 'Progress; of a failed instance also `failures`' }),
    output: z.unknown().meta({ description: 'The result, the text of the failure or the reason; null while it runs' }),
    createdTime: seconds('When it was started'),
    lastUpdatedTime: seconds('When something last happened'),
    historyEvents: z
      .array(z.record(z.string(), z.unknown()))
      .optional()
      .meta({ description: 'What happened, when showHistory is true' }),
    error: z
      .strictObject({ code: z.string(), message: z.string() })
      .optional()
      .meta({ description: 'Why it failed, in an answer of 500' }),
  })
  .meta({ id: 'Status', description: 'How an instance stands' });

type StatusBody = z.infer<typeof statusBodySchema>;

/** Whether a failed instance shall be a failed request, for clients that look at nothing else. */
export const failureAsError = {
  returnInternalServerErrorOnFailure: flag('Answer 500 when the instance has failed'),
};

const showInput = { showInput: flag('By default true') };

const status = route({
  method: 'get',
  path: `${webhookPrefix}/instances/{instanceId}`,
  id: 'status',
  tag: 'Instances',
  summary: 'How an instance stands: 202 while it runs, 200 once it has ended.',
  inPath: { instanceId: instanceInPath },
  query: {
    ...showInput,
    showHistory: flag('Add historyEvents'),
    showHistoryOutput: flag('With their results'),
    ...failureAsError,
  },
  answers: {
    200: { description: 'It has ended', schema: statusBodySchema },
    202: { description: 'It has not ended', schema: statusBodySchema, headers: ['Location', 'Retry-After'] },
    404: { description: 'There is no such instance' },
    500: { description: 'It has failed, and returnInternalServerErrorOnFailure was set', schema: statusBodySchema },
  },
  codes: () => ['instance'],
  async handle({ request, response, server: { jobs }, path: { instanceId }, query }) {
    const { showInput = true, showHistory, showHistoryOutput: showOutput = false } = query;
    const found = await jobs.status(instanceId, { showInput });
    if (!found) throw nothing(404);
    const wantsHistory = showHistory === true && found.runtimeStatus !== 'Pending';
    const events = wantsHistory ? await jobs.history(instanceId, { showInput, showOutput }) : undefined;
    if (isEnded(found.runtimeStatus)) {
      const { code, body } = answerEnded(found, query.returnInternalServerErrorOnFailure === true, events);
      response.status(code).json(body);
      return;
    }
    // The caller's own query stays in the address, with the code and the flags it polls with.
    const Location = `${originOf(request)}${request.originalUrl}`;
    response.status(202).set({ Location, 'Retry-After': retryAfterPoll }).json(statusBody(found, events));
  },
});

const list = route({
  method: 'get',
  path: `${webhookPrefix}/instances`,
  id: 'list',
  tag: 'Instances',
  summary: 'Instances, the newest first, a page at a time.',
  query: {
    ...listFilter,
    ...showInput,
    top: number('Most instances on a page, by default 100', 20),
  },
  headers: tokenParameter,
  answers: {
    200: {
      description: 'A page; the header leads to the next',
      schema: z.array(statusBodySchema).meta({ id: 'StatusList', description: 'A page of instances' }),
      headers: [tokenHeader],
    },
    400: problem('The request is wrong'),
  },
  async handle({ response, server: { jobs }, query, headers: { [tokenHeader]: token = '' } }) {
    const filter = jobFilterOf(query);
    if (!canBeginAnId(filter.instanceIdPrefix)) {
      response.json([]);
      return;
    }
    const { showInput = true, top } = query;
    const size = pageSize(top, { usual: defaultPageSize, most: maxPageSize });
    const page = await jobs.list(filter, { size, showInput, ...(token !== '' && { token }) });
    // Clients go on while there is a token, so the last page has none rather than an empty one.
    if (page.token !== undefined) response.set(tokenHeader, page.token);
    response.json(page.jobs.map((job) => statusBody(job)));
  },
});

export const statusRoutes = [status, list];

interface EndedAnswer {
  readonly code: 200 | 500;
  readonly body: unknown;
}

/** 200 with the status, also of what failed unless the caller wants a 500 for that. */
export function answerEnded(status: JobStatus, serverError: boolean, events?: readonly HistoryEvent[]): EndedAnswer {
  const body = statusBody(status, events);
  if (!status.failure || !serverError) return { code: 200, body };
  // Pollers of long-running operations show these two.
  const { type, message } = status.failure;
  return { code: 500, body: { ...body, error: { code: type, message } } };
}

/** The members and their order are those of Durable Functions; `null` stands for what is not there yet. */
function statusBody(status: JobStatus, historyEvents?: readonly HistoryEvent[]): StatusBody {
  const { name, instanceId, runtimeStatus, input, customStatus, output, createdTime, lastUpdatedTime } = status;
  return {
    name,
    instanceId,
    runtimeStatus,
    input,
    customStatus,
    output,
    createdTime: wholeSeconds(createdTime),
    lastUpdatedTime: wholeSeconds(lastUpdatedTime),
    ...(historyEvents && { historyEvents: [...historyEvents] }),
  };
}

function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
