import type { JobOptions } from '../../contracts/contract.ts';

/**
 * Deals files out to copies, in order: small ones share a pack up to its limits, one larger than a pack has a copy to itself.
 * `add` returns the number of the file's copy, counted from 0.
 */
export function createPacker(limits: Pick<JobOptions, 'packFiles' | 'packBytes'>) {
  let next = 0;
  let pack: { number: number; files: number; bytes: number } | undefined;

  return {
    count: () => next,
    add(size: number): number {
      if (size > limits.packBytes) return next++;
      if (!pack || pack.files >= limits.packFiles || pack.bytes + size > limits.packBytes) {
        pack = { number: next++, files: 0, bytes: 0 };
      }
      pack.files += 1;
      pack.bytes += size;
      return pack.number;
    },
  };
}
