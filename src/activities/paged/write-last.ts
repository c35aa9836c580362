import { isBlobStoreError, type BlobStore, type Precondition } from '../../storage/blob-store.ts';

/**
 * Writes the JSON that ends a job. What an earlier attempt or round wrote gives way, unless `isFinal` says that it is complete, and
 * unless another writer comes in between.
 */
export async function writeLast(
  store: BlobStore,
  name: string,
  value: object,
  isFinal: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const body = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const put = (precondition: Precondition) =>
    store.put(name, body, { signal, precondition, contentType: 'application/json' });
  try {
    await put({ absent: true });
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    const found = await store.properties(name, signal);
    // Refused, and yet nothing is there: whoever was in the way is gone, or never was.
    if (!found) throw error;
    if (!(await isFinal())) await put({ etag: found.etag });
  }
}
