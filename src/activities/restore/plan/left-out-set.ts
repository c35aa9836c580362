import { hash } from 'node:crypto';
import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import type { LeftOutRow } from '../../../contracts/manifest.ts';
import { leavingOut, type Why } from '../../../contracts/filters.ts';

/** What a run left out, to ask by path. */
export interface LeftOutSet {
  /** Why the run left out what was at this path, or what was in it; undefined where it did not. */
  readonly leftOut: (path: EncodedPath) => Why | undefined;
}

const digestBytes = 6;
// With the digest it fits into the 53 bits of a number.
const reasons = 16;

/**
 * Holds eight bytes of each path, whatever its length, so that a million take 8 MB. Two paths of one digest are so rare, one in a hundred
 * million where a million are held, that it may only cost a deletion.
 */
export async function readLeftOutSet(rows: AsyncIterable<LeftOutRow>): Promise<LeftOutSet> {
  const numbers: number[] = [];
  for await (const { path, why } of rows) numbers.push(digestOf(path) * reasons + leavingOut.indexOf(why.by));
  const sorted = Float64Array.from(numbers).sort();
  return {
    leftOut: (path) => {
      const digest = digestOf(path);
      const found = sorted[firstNotBelow(sorted, digest * reasons)];
      if (found === undefined || Math.floor(found / reasons) !== digest) return undefined;
      const by = leavingOut[found % reasons];
      return by && { by };
    },
  };
}

function digestOf(path: EncodedPath): number {
  return hash('sha256', path, 'buffer').readUIntBE(0, digestBytes);
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
