import { comparePaths } from '../../contracts/encoded-path.ts';
import type { ManifestShard } from '../../contracts/manifest.ts';

// A key cut short within a character beyond U+FFFF has one less than the 500 kept.
const maybeCut = 499;

/** The index of the shard from which on entries come after the key `after`: that of the last shard that surely begins before it. */
export function firstShard(shards: readonly ManifestShard[], after: string): number {
  return Math.max(
    0,
    shards.findLastIndex((shard) => beginsBefore(shard, after)),
  );
}

// What begins like `after` and was cut there may go on to come after it. A shard without entries tells nothing.
function beginsBefore({ first, entries }: ManifestShard, after: string): boolean {
  if (entries === 0 || first === '') return false;
  return comparePaths(first, after) <= 0 && !(first.length >= maybeCut && after.startsWith(first));
}
