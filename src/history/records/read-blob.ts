import { isBlobStoreError, maxPutBytes, type BlobProperties, type BlobStore } from '../../storage/blob-store.ts';
import { manifestInvalid } from './manifest-invalid.ts';

const tries = 3;

/**
 * A whole blob as it was at one moment; undefined when there is none. One that was `listed` is not looked up unless it is another by
 * now. Throws `ManifestInvalid` when it is larger than what is written in one request, as manifests and shards are, before any of it is read.
 */
export async function readBlob(
  store: BlobStore,
  name: string,
  signal: AbortSignal,
  listed?: BlobProperties,
): Promise<{ bytes: Buffer; etag: string; metadata: BlobProperties['metadata'] } | undefined> {
  for (let tried = 1; ; tried += 1) {
    const found = tried === 1 && listed ? listed : await store.properties(name, signal);
    if (found === undefined) return undefined;
    const { size, etag, metadata } = found;
    if (size > maxPutBytes) throw manifestInvalid(name, `has ${size} bytes, more than any backup writes`);
    try {
      return { bytes: await store.read(name, { from: 0, to: size, etag }, signal), etag, metadata };
    } catch (error) {
      // Overwritten or deleted since it was looked up.
      const isOther = isBlobStoreError(error, 'precondition-failed') || isBlobStoreError(error, 'not-found');
      if (!isOther || tried >= tries) throw error;
    }
  }
}
