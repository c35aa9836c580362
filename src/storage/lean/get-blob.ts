import type { BlobRange } from '../blob-store.ts';
import type { AskLean } from './lean-requests.ts';

/**
 * Reads what one answer holds of a blob as it is; `path` is the name as it stands in a URL. The range must not be empty. Who reads knows the
 * SHA-256 of what it reads, or parses it; the MD5 that the service may name is whatever the blob's writer said. Throws what
 * {@link AskLean} throws.
 * https://learn.microsoft.com/rest/api/storageservices/get-blob
 */
export async function getBlob(
  ask: AskLean,
  path: string,
  { from, to, etag }: Omit<BlobRange, 'snapshot'>,
  signal: AbortSignal,
): Promise<Buffer> {
  const headers = etag === undefined ? [] : ['if-match', etag];
  const isWhole = from === 0 && to === undefined;
  // The last byte of a range belongs to it.
  if (!isWhole) headers.push('x-ms-range', `bytes=${from}-${to === undefined ? '' : to - 1}`);
  // A service that overlooked the range would answer 200, with other bytes.
  const expected = [isWhole ? 200 : 206];
  return (await ask({ method: 'GET', verb: 'read', path, headers, expected }, signal)).body;
}
