import type { Tally } from './contract.ts';
import type { ManifestEntry } from './manifest.ts';

export const emptyTally: Tally = {
  files: 0,
  bytes: 0,
  uploaded: 0,
  uploadedBytes: 0,
  adopted: 0,
  unchanged: 0,
  directories: 0,
  symlinks: 0,
  skipped: 0,
  failed: 0,
};

/** Counts of something by name; one that is absent counts as none. */
export type Counts<T> = { readonly [K in keyof T]?: number };

/** Adds count by count. */
export function addTallies<T extends Counts<T>>(a: T, b: T): T {
  return sumTallies([b], a);
}

/** Adds all of them to `from`. */
export function sumTallies<T extends Counts<T>>(tallies: Iterable<T>, from: T): T {
  const sum = { ...from } as Record<string, number>;
  for (const tally of tallies as Iterable<Record<string, number>>) {
    for (const name in tally) sum[name] = (sum[name] ?? 0) + (tally[name] ?? 0);
  }
  return sum as T;
}

/** What one entry adds to its page's tally. */
export function tallyOf({ kind, outcome, size }: ManifestEntry): Tally {
  switch (outcome) {
    case 'uploaded':
      return { ...emptyTally, files: 1, bytes: size, uploaded: 1, uploadedBytes: size };
    case 'adopted':
      return { ...emptyTally, files: 1, bytes: size, adopted: 1 };
    case 'unchanged':
      return { ...emptyTally, files: 1, bytes: size, unchanged: 1 };
    case 'recorded':
      return { ...emptyTally, directories: kind === 'directory' ? 1 : 0, symlinks: kind === 'symlink' ? 1 : 0 };
    case 'skipped':
      return { ...emptyTally, skipped: 1 };
    case 'changed':
    case 'failed':
      return { ...emptyTally, failed: 1 };
  }
}
