import { Context } from '@temporalio/activity';

// Often enough that a cancellation, which arrives in the answer to a heartbeat, is noticed within a second or two.
const usualInterval = 1000;
// Of them one or two may come late without the worker being taken for dead.
const beatsInTimeout = 4;

/** Heartbeats with `details()` while `work` runs, and gives it the signal that aborts when the activity is cancelled. */
export async function withHeartbeat<T>(
  work: (signal: AbortSignal) => Promise<T>,
  details: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  const { heartbeatTimeoutMs } = context.info;
  const interval = heartbeatTimeoutMs ? Math.min(usualInterval, heartbeatTimeoutMs / beatsInTimeout) : usualInterval;
  const timer = setInterval(() => context.heartbeat(details()), interval);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
