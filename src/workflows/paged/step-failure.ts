import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow';
import type { StepFailure } from '../../contracts/notice.ts';

/** Why an activity or a child workflow failed, with the details that its failure carries. */
export interface CaughtFailure extends StepFailure {
  readonly details: readonly unknown[];
  /** It was cancelled, and this workflow was not. */
  readonly canceled: boolean;
}

/** Reads what was thrown; throws it on when this workflow itself is being cancelled. */
export function caught(error: unknown): CaughtFailure {
  // oxlint-disable-next-line typescript/only-throw-error -- it is whatever was thrown
  if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
  let innermost = error;
  while (innermost instanceof TemporalFailure && innermost.cause instanceof TemporalFailure)
    innermost = innermost.cause;
  const message = innermost instanceof Error ? innermost.message : String(innermost);
  const canceled = innermost instanceof CancelledFailure;
  if (innermost instanceof ApplicationFailure) {
    return { type: innermost.type ?? 'Error', message, details: innermost.details ?? [], canceled };
  }
  return { type: innermost instanceof Error ? innermost.name : 'Error', message, details: [], canceled };
}

/** The part that is reported. */
export function stepFailure({ type, message }: StepFailure): StepFailure {
  return { type, message };
}

/** Why an activity failed, in a line: its own failure says only that it did, and the cause says why. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
