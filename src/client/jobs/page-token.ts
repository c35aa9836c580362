import { createHash } from 'node:crypto';
import { ExpectedError } from '../../contracts/failures.ts';

const sumLength = 12;

/** Temporal's own token as text. It is good for the same query alone. */
export function sealToken(token: Uint8Array, query: string): string {
  return `${sumOf(token, query)}${Buffer.from(token).toString('base64url')}`;
}

/** The token that was sealed. Throws an {@link ExpectedError} for any other: Temporal takes long over what it cannot read. */
export function openToken(text: string, query: string): Uint8Array {
  const token = Buffer.from(text.slice(sumLength), 'base64url');
  if (sealToken(token, query) === text) return token;
  throw new ExpectedError('InvalidInput', 'The continuation token is not of this list: begin without one');
}

function sumOf(token: Uint8Array, query: string): string {
  return createHash('sha256').update(token).update(query).digest('base64url').slice(0, sumLength);
}
