import { Context } from '@temporalio/activity';

// Often enough that a cancellation, which arrives in the answer to a heartbeat, is noticed within a second or two.
const interval = 1000;

/** Heartbeats with `details()` while `work` runs, and gives it the signal that aborts when the activity is cancelled. */
export async function withHeartbeat<T>(
  work: (signal: AbortSignal) => Promise<T>,
  details: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details()), interval);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
