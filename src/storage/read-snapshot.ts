import type { BlobClient } from '@azure/storage-blob';
import type { BlobRange } from './blob-store.ts';

const tries = 3;

/** Reads a range of what a client of a snapshot points to. Throws what the SDK throws. */
export async function readSnapshot(snapshot: BlobClient, range: BlobRange, abortSignal: AbortSignal): Promise<Buffer> {
  const { from, to, etag } = range;
  const conditions = etag === undefined ? {} : { conditions: { ifMatch: etag } };
  const count = to === undefined ? undefined : to - from;
  for (let tried = 1; ; tried += 1) {
    const response = await snapshot.download(from, count, { abortSignal, ...conditions });
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error) {
      // Who asks gets over what happens until the answer starts; one that is cut short shows only here.
      if (tried >= tries || abortSignal.aborted) throw error;
    }
  }
}
