import type { Service } from './access-refused.ts';
import { blobStoreError } from './azure-errors.ts';
import { BlobStoreError } from './blob-store.ts';

const bytesPerExtraSecond = 256 * 1000;
const second = 1000;

/** The bodies of a request and of its answer; bytes. */
interface Transfer {
  readonly sent?: number;
  readonly received?: number;
  /** Whether the body waits for no others, for it is little and holds up much. */
  readonly first?: boolean;
}

/**
 * One request: `action` names it in errors. Throws the signal's reason once it aborts, and otherwise a {@link BlobStoreError}, or
 * {@link Busy} where nobody waits and asks again.
 */
export type AskAzure = <T>(
  action: string,
  signal: AbortSignal,
  transfer: Transfer,
  send: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * Gives every request a time limit, of `answerWithin` ms and more where it carries bytes: the SDK has none of its own, so a service
 * that accepts a request and never answers would hold it for ever.
 */
export function createAskAzure(service: Service, answerWithin: number): AskAzure {
  return async (action, signal, { sent = 0, received = 0 }, send) => {
    signal.throwIfAborted();
    // `AbortSignal.any` does the same, at several times the cost.
    const limited = new AbortController();
    let isLate = false;
    const abort = () => limited.abort(signal.reason);
    signal.addEventListener('abort', abort);
    // Whole seconds: timers of the same length are cheap.
    const extra = Math.floor((sent + received) / bytesPerExtraSecond) * second;
    const timer = setTimeout(() => {
      isLate = true;
      limited.abort();
    }, answerWithin + extra);
    try {
      return await send(limited.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isLate)
        throw new BlobStoreError('unavailable', `${action}: no answer from ${service.url} in time`, { cause: error });
      throw blobStoreError(error, action, service);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}
