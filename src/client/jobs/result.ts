import { type WorkflowExecutionDescription, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TemporalFailure, TerminatedFailure } from '@temporalio/common';
import type { JobFailure, JobResult } from './job.ts';

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

/** What a status shows of a result: the output, the text of the failure, the reason of a termination. */
export async function outputOf(
  handle: Pick<WorkflowHandle, 'result'>,
  { status }: WorkflowExecutionDescription,
): Promise<unknown> {
  if (status.name === 'RUNNING' || status.name === 'PAUSED') return null;
  const result = await resultOf(handle);
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
