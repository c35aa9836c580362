import { hash } from 'node:crypto';
import type { Precondition, WriteOptions } from '../blob-store.ts';
import type { AskLean } from './lean-requests.ts';

/**
 * Writes a whole blob in one request and returns its etag. `path` is the name as it stands in a URL. Throws what {@link AskLean} throws.
 * https://learn.microsoft.com/rest/api/storageservices/put-blob
 */
export async function putBlob(ask: AskLean, path: string, body: Buffer, options: WriteOptions): Promise<string> {
  const headers = headersOf(body, options);
  const answer = await ask({ method: 'PUT', verb: 'write', path, headers, body, expected: [201] }, options.signal);
  return answer.headers.etag ?? '';
}

/** Names and values in turn. */
function headersOf(body: Buffer, { metadata = {}, precondition, contentType }: WriteOptions): readonly string[] {
  const headers = ['x-ms-blob-type', 'BlockBlob', ...conditionOf(precondition)];
  headers.push('content-length', String(body.length), 'content-md5', hash('md5', body, 'base64'));
  if (contentType !== undefined) headers.push('x-ms-blob-content-type', contentType);
  for (const [key, value] of Object.entries(metadata)) headers.push(`x-ms-meta-${key}`, value);
  return headers;
}

function conditionOf(precondition: Precondition | undefined): readonly string[] {
  if (!precondition) return [];
  return 'etag' in precondition ? ['if-match', precondition.etag] : ['if-none-match', '*'];
}
