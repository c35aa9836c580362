import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TemporalFailure, TerminatedFailure } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { maxReportedFailures } from '../../contracts/job.ts';
import { failureTypes } from '../../contracts/failures.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Execution } from './execution.ts';
import type { JobFailure, JobResult } from './job.ts';
import { decodePayloads, type TemporalEvent } from './payloads.ts';
import type { JobClient } from './job-client.ts';

/** How an execution ended, awaited where it has not yet. */
export async function resultOf(handle: Pick<WorkflowHandle, 'result'>): Promise<JobResult> {
  try {
    return { status: 'Completed', output: await handle.result() };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof CancelledFailure) return { status: 'Canceled' };
    if (cause instanceof TerminatedFailure) return { status: 'Terminated', reason: cause.message };
    return { status: 'Failed', failure: failureOf(cause) };
  }
}

/** How an execution ended, as the last event of its history tells; undefined for what {@link resultOf} has to tell. */
export async function resultIn(client: Client, event: TemporalEvent): Promise<JobResult | undefined> {
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) {
    const [output] = await decodePayloads(client, completed.result?.payloads);
    return { status: 'Completed', output };
  }
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) {
    const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, failed.failure);
    return { status: 'Failed', failure: failureOf(error) };
  }
  const reason = event.workflowExecutionTerminatedEventAttributes?.reason ?? '';
  return reason === '' ? undefined : { status: 'Terminated', reason };
}

/** How an execution ended; undefined while it runs. */
export async function resultSoFar(
  handle: Pick<WorkflowHandle, 'result'>,
  { status }: Pick<Execution, 'status'>,
): Promise<JobResult | undefined> {
  if (status.name === 'CANCELLED') return { status: 'Canceled' };
  return status.name === 'RUNNING' || status.name === 'PAUSED' ? undefined : resultOf(handle);
}

/** What a status shows of a result: the output, the text of the failure, the reason of a termination. */
export function outputOf(result: JobResult): unknown {
  switch (result.status) {
    case 'Completed':
      return result.output ?? null;
    case 'Failed':
      return result.failure.message;
    case 'Terminated':
      return result.reason;
    case 'Canceled':
      return null;
  }
}

const ofFiles: readonly string[] = [
  failureTypes.backupIncomplete,
  failureTypes.backupSuspect,
  failureTypes.restoreIncomplete,
  failureTypes.verificationFailed,
];

/** What a failure says of single items or files: every item of a batch, else the first {@link maxReportedFailures} files. */
export function partsFailed({ type, details: [detail] }: JobFailure): readonly unknown[] | undefined {
  const { failures } = (detail ?? {}) as { failures?: readonly unknown[] };
  if (type === failureTypes.batchIncomplete) return failures;
  return ofFiles.includes(type) ? failures?.slice(0, maxReportedFailures) : undefined;
}

// An activity's failure wraps the one that says what happened.
function failureOf(error: unknown): JobFailure {
  let innermost = error;
  while (innermost instanceof TemporalFailure && innermost.cause instanceof TemporalFailure)
    innermost = innermost.cause;
  if (innermost instanceof ApplicationFailure) {
    return { type: innermost.type ?? 'Error', message: innermost.message, details: innermost.details ?? [] };
  }
  return { type: innermost instanceof Error ? innermost.name : 'Error', message: messageOf(innermost), details: [] };
}

/** How a job ended, when it does so within `patience` milliseconds; else undefined. Asks Temporal once and is told. */
export async function waitForJob(
  { client, explain }: JobClient,
  instanceId: string,
  { patience, signal }: { patience: number; signal?: AbortSignal },
): Promise<JobResult | undefined> {
  const over = new AbortController();
  const until = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const ended = client.withAbortSignal(until, () => resultOf(client.workflow.getHandle(instanceId)));
  try {
    return await Promise.race([ended, sleep(patience, undefined, { signal: until })]);
  } catch (error) {
    if (until.aborted) return undefined;
    throw explain(error);
  } finally {
    over.abort();
    ended.catch(() => undefined);
  }
}
