import type { z } from 'zod';
import { parseSealed, sealedJson } from '../history/records/manifest-checksum.ts';
import { readBlob } from '../history/records/read-blob.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore } from '../storage/blob-store.ts';

const rounds = 5;

/** A small blob that says who has something for itself. */
export interface Claim<T> {
  readonly store: BlobStore;
  readonly blob: string;
  readonly schema: z.ZodType<T>;
  readonly signal: AbortSignal;
}

/**
 * Writes `mine` unless the blob is there and `mayReplace` says no to it, and returns what it holds then. Of several that claim at
 * once one wins, and the others are asked again what they make of that. `mayReplace` is given undefined for a blob that is damaged, or
 * that no version of this project wrote.
 */
export async function claim<T extends object>(
  { store, blob, schema, signal }: Claim<T>,
  mine: T,
  mayReplace: (theirs: T | undefined) => boolean | Promise<boolean>,
): Promise<T> {
  const body = sealedJson(mine);
  for (let round = 1; ; round += 1) {
    const found = await readClaim({ store, blob, schema, signal });
    const theirs = found?.value;
    if (found && !(await mayReplace(theirs)) && theirs) return theirs;
    const precondition = found ? { etag: found.etag } : ({ absent: true } as const);
    try {
      await store.put(blob, body, { signal, precondition, contentType: 'application/json' });
      return mine;
    } catch (error) {
      if (!isBlobStoreError(error, 'precondition-failed') || round >= rounds) throw error;
    }
  }
}

/** What a claim's blob holds: no value when it is damaged, or when no version of this project wrote it; undefined when there is none. */
export async function readClaim<T>({
  store,
  blob,
  schema,
  signal,
}: Claim<T>): Promise<{ readonly value: T | undefined; readonly etag: string } | undefined> {
  const found = await readBlob(store, blob, signal);
  return found && { value: parseSealed(schema, found.bytes), etag: found.etag };
}

/** Deletes a blob unless it has become another, or is gone. */
export async function deleteUnchanged(
  store: BlobStore,
  blob: Pick<BlobProperties, 'name' | 'etag'>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await store.delete(blob, signal);
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed') && !isBlobStoreError(error, 'not-found')) throw error;
  }
}
