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

/** Adds count by count; one that is absent counts as none. */
export function addTallies<T extends { readonly [K in keyof T]?: number }>(a: T, b: T): T {
  const counts = Object.entries<number>({ ...b, ...a } as Record<string, number>);
  return Object.fromEntries(counts.map(([name]) => [name, of(a, name) + of(b, name)])) as T;
}

function of(tally: object, name: string): number {
  return (tally as Record<string, number | undefined>)[name] ?? 0;
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
