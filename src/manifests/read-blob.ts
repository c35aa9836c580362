import { isBlobStoreError, maxPutBytes, type BlobStore } from '../storage/blob-store.ts';
import { manifestInvalid } from './manifest-invalid.ts';

const tries = 3;

/**
 * A whole blob as it was at one moment; undefined when there is none. Throws `ManifestInvalid` when it is larger than what is written
 * in one request, as manifests and shards are, before any of it is read.
 */
export async function readBlob(
  store: BlobStore,
  name: string,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; etag: string } | undefined> {
  for (let tried = 1; ; tried += 1) {
    const found = await store.properties(name, signal);
    if (found === undefined) return undefined;
    if (found.size > maxPutBytes) throw manifestInvalid(name, `has ${found.size} bytes, more than any backup writes`);
    try {
      return { bytes: await store.read(name, { from: 0, to: found.size, etag: found.etag }, signal), etag: found.etag };
    } catch (error) {
      // Overwritten or deleted since it was looked up.
      const isOther = isBlobStoreError(error, 'precondition-failed') || isBlobStoreError(error, 'not-found');
      if (!isOther || tried >= tries) throw error;
    }
  }
}
