import type { Request } from 'express';
import type { HistoryEvent } from '../../jobs/history-events.ts';
import { isEnded, type JobStatus } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { originOf } from '../server/origin.ts';
import { readQuery, type Query } from '../query.ts';
import { statusBody } from './status-body.ts';

const retryAfterPoll = '5';

export interface StatusAnswer {
  readonly code: 200 | 202 | 500;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** How an instance stands: 202 with its own address while it runs, else {@link answerEnded}. Undefined when there is none. */
export async function answerStatus(
  jobs: Jobs,
  request: Request,
  instanceId: string,
): Promise<StatusAnswer | undefined> {
  const query = readQuery(request);
  const showInput = query.flag('showInput') ?? true;
  const status = await jobs.status(instanceId, { showInput });
  if (!status) return undefined;
  const events = await historyOf(jobs, status, query, showInput);
  if (isEnded(status.runtimeStatus)) return answerEnded(status, query, events);
  // The caller's own query stays in the address, with the code and the flags it polls with.
  const location = `${originOf(request)}${request.originalUrl}`;
  return {
    code: 202,
    headers: { Location: location, 'Retry-After': retryAfterPoll },
    body: statusBody(status, events),
  };
}

/** 200 with the status, also of what failed unless the query wants a 500 for that. */
export function answerEnded(status: JobStatus, query: Query, events?: readonly HistoryEvent[]): StatusAnswer {
  const body = statusBody(status, events);
  if (!status.failure || !wantsServerError(query)) return { code: 200, headers: {}, body };
  // Pollers of long-running operations show these two.
  const { type, message } = status.failure;
  return { code: 500, headers: {}, body: { ...body, error: { code: type, message } } };
}

/** Whether a failed instance shall be a failed request, for clients that look at nothing else. */
export function wantsServerError(query: Query): boolean {
  return query.flag('returnInternalServerErrorOnFailure') === true;
}

async function historyOf(
  jobs: Jobs,
  { instanceId, runtimeStatus }: JobStatus,
  query: Query,
  showInput: boolean,
): Promise<readonly HistoryEvent[] | undefined> {
  if (query.flag('showHistory') !== true || runtimeStatus === 'Pending') return undefined;
  return jobs.history(instanceId, { showInput, showOutput: query.flag('showHistoryOutput') ?? false });
}
