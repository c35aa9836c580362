import { createHash } from 'node:crypto';
import type { EncodedPath } from '../../contracts/encoded-path.ts';
import type { Verification } from '../../contracts/verification.ts';

const hashBytes = 6;

/**
 * Whether a deep verification reads the file at `path`. A sample is another one with each verification, but for all attempts at it the
 * same; the parts of a subset are the same always, so that `of` verifications read each file once.
 */
export function isChosen({ id, sample, subset }: Pick<Verification, 'id' | 'sample' | 'subset'>, path: EncodedPath) {
  if (sample !== undefined) return hashOf(`${id}\n${path}`) < sample * 2 ** (8 * hashBytes);
  return subset === undefined || hashOf(path) % subset.of === subset.number - 1;
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, hashBytes);
}
