import { fetchAhead } from '../../lib/fetch-ahead.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Version } from './find-version.ts';

/**
 * The content of a version in order, in blocks of `blockSize` bytes, `ahead` of which are fetched while the caller has one. Throws
 * `precondition-failed` when the blob is overwritten meanwhile, and that or `not-found` when it is deleted.
 */
export function readVersion(
  store: BlobStore,
  { name, etag, snapshot, size }: Version,
  signal: AbortSignal,
  { blockSize, ahead }: { readonly blockSize: number; readonly ahead: number },
): AsyncGenerator<Buffer> {
  const state = { etag, ...(snapshot !== undefined && { snapshot }) };
  return fetchAhead(starts(size, blockSize), ahead, signal, (from, fetchSignal) =>
    store.read(name, { from, to: Math.min(from + blockSize, size), ...state }, fetchSignal),
  );
}

function* starts(size: number, blockSize: number): Generator<number> {
  for (let from = 0; from < size; from += blockSize) yield from;
}
