import { BlobStoreError, type BlobStore } from './blob-store.ts';

/**
 * Makes sure that the container can be used, creating it where it is not there. Throws a {@link BlobStoreError} that names the
 * address within `answerWithin` ms: whoever asks for a backup wants to know soon that there is nowhere to put it.
 */
export async function requireContainer(store: BlobStore, signal: AbortSignal, answerWithin = 4000): Promise<void> {
  const timeout = AbortSignal.timeout(answerWithin);
  try {
    await store.ensureContainer(AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    throw new BlobStoreError('unavailable', `The storage account does not answer at ${store.url}`, { cause: error });
  }
}
