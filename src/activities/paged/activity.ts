import { ApplicationFailure, Context } from '@temporalio/activity';
import { ExpectedError, failureTypes, isNonRetryable } from '../../contracts/failures.ts';
import { BlobStoreError } from '../../storage/blob-store.ts';

// Often enough that a cancellation, which arrives in the answer to a heartbeat, is noticed within a second or two.
const usualInterval = 1000;
// Of them one or two may come late without the worker being taken for dead.
const beatsInTimeout = 4;

/** One attempt at an activity, as far as its work has to know of it. */
export interface Attempt {
  /** Counts from 1. */
  readonly number: number;
  /** Aborts when the activity is cancelled. */
  readonly signal: AbortSignal;
  /** Lets every heartbeat say what these counts are by then, and returns them to be counted up. */
  readonly show: <T extends object>(counts: T) => T;
}

/** What an activity does: expected errors are thrown as they are, and heartbeats are not its concern. */
type Work<A extends unknown[], R> = (attempt: Attempt, ...input: A) => Promise<R>;

type ActivityOf<W> = W extends Work<infer A, infer R> ? (...input: A) => Promise<R> : never;

/**
 * Makes activities of their works, by name. Each heartbeats while it works, where Temporal waits for that, and fails with the failure types
 * that workflows, HTTP and the command line know.
 */
export function asActivities<W extends object>(works: W): { readonly [K in keyof W]: ActivityOf<W[K]> } {
  const activities = Object.entries(works).map(([name, work]) => [name, asActivity(work as Work<unknown[], unknown>)]);
  return Object.fromEntries(activities) as { readonly [K in keyof W]: ActivityOf<W[K]> };
}

function asActivity<A extends unknown[], R>(work: Work<A, R>): (...input: A) => Promise<R> {
  return async (...input) => {
    const context = Context.current();
    const { attempt: number, heartbeatTimeoutMs } = context.info;
    let counts: object | undefined;
    const show = <T extends object>(shown: T): T => {
      counts = shown;
      return shown;
    };
    const beat = () => context.heartbeat(counts && { ...counts });
    const interval = Math.min(usualInterval, (heartbeatTimeoutMs ?? 0) / beatsInTimeout);
    const timer = interval > 0 ? setInterval(beat, interval) : undefined;
    try {
      return await work({ number, signal: context.cancellationSignal, show }, ...input);
    } catch (error) {
      throw toFailure(error);
    } finally {
      clearInterval(timer);
    }
  };
}

/** Whether what storage answered may be another answer later; every other error of a single file is for good. */
export function mayPass(error: unknown): boolean {
  return error instanceof BlobStoreError && (error.kind === 'unavailable' || error.kind === 'precondition-failed');
}

function toFailure(error: unknown): unknown {
  if (error instanceof ExpectedError) return failureOf(error, error.type, isNonRetryable(error.type));
  if (!(error instanceof BlobStoreError)) return error;
  return mayPass(error)
    ? failureOf(error, failureTypes.storageUnavailable, false)
    : failureOf(error, failureTypes.storageRefused, true);
}

function failureOf({ message }: Error, type: string, nonRetryable: boolean): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable });
}
