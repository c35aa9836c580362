import { type WorkflowExecutionDescription, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TemporalFailure, TerminatedFailure } from '@temporalio/common';
import { maxReportedFailures } from '../../shared/contract.ts';
import type { JobFailure, JobResult } from './job.ts';
import { failureTypes } from '../../shared/failures.ts';

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

/** How an execution ended; undefined while it runs. */
export async function resultSoFar(
  handle: Pick<WorkflowHandle, 'result'>,
  { status }: WorkflowExecutionDescription,
): Promise<JobResult | undefined> {
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

/** What a failure says of single items or files: every item of a batch, the first {@link maxReportedFailures} files of a backup. */
export function partsFailed({ type, details: [detail] }: JobFailure): readonly unknown[] | undefined {
  const { failures } = (detail ?? {}) as { failures?: readonly unknown[] };
  if (type === failureTypes.batchIncomplete) return failures;
  return type === failureTypes.backupIncomplete ? failures?.slice(0, maxReportedFailures) : undefined;
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
