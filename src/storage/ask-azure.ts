import { blobStoreError } from './azure-errors.ts';
import { BlobStoreError } from './blob-store.ts';

const bytesPerExtraMillisecond = 256;

/**
 * One request: `action` names it in errors, and `bytes` are those that travel in either direction. Throws the signal's reason once it
 * aborts, and otherwise a {@link BlobStoreError}.
 */
export type AskAzure = <T>(
  action: string,
  signal: AbortSignal,
  bytes: number,
  send: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * Gives every request a time limit, of `answerWithin` ms and more where it carries bytes: the SDK has none of its own, so a service
 * that accepts a request and never answers would hold it for ever.
 */
export function createAskAzure(url: string, answerWithin: number): AskAzure {
  return async (action, signal, bytes, send) => {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), answerWithin + Math.ceil(bytes / bytesPerExtraMillisecond));
    try {
      return await send(AbortSignal.any([signal, timeout.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) {
        throw new BlobStoreError('unavailable', `${action}: no answer from ${url} in time`, { cause: error });
      }
      throw blobStoreError(error, action, url);
    } finally {
      clearTimeout(timer);
    }
  };
}
