import { ActivityFailure } from '@temporalio/workflow';

/** Why an activity failed, in a line: its own failure says only that it did, and the cause says why. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
