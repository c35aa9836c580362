import { comparePaths } from '../../contracts/encoded-path.ts';
import type { ManifestShard } from '../../contracts/manifest.ts';

// Whoever asks does so nearly in order, of a folder and of what is beside it at once.
const mostHeld = 4;
// A key that was cut short in a shard's description may begin like one that comes before it.
const maybeCut = 499;

/** Finds rows of shards, which are in the order of their keys, by key. `read` gives the rows of one; those of the last few are held. */
export function createRowLookup<R>(
  shards: readonly ManifestShard[],
  read: (shard: ManifestShard) => Promise<ReadonlyMap<string, R>>,
): (key: string) => Promise<R | undefined> {
  // One without rows tells no key, and would stand anywhere in the order.
  const filled = shards.filter(({ entries }) => entries > 0);
  const held = new Map<number, Promise<ReadonlyMap<string, R>>>();
  const rowsOf = (at: number, shard: ManifestShard) => {
    const rows = held.get(at) ?? read(shard);
    // What was asked for last goes last.
    held.delete(at);
    held.set(at, rows);
    const [oldest] = held.keys();
    if (held.size > mostHeld && oldest !== undefined) held.delete(oldest);
    return rows;
  };
  return async (key) => {
    for (let at = lastNotAfter(filled, key); at >= 0; at -= 1) {
      const shard = filled[at] as ManifestShard;
      const row = (await rowsOf(at, shard)).get(key);
      const isCut = shard.first.length >= maybeCut && key.startsWith(shard.first);
      if (row !== undefined || !isCut) return row;
    }
    return undefined;
  };
}

/** The last shard whose description does not begin after the key; -1 when all do. */
function lastNotAfter(shards: readonly ManifestShard[], key: string): number {
  let [from, to] = [0, shards.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const isAfter = comparePaths(shards[middle]?.first ?? '', key) > 0;
    if (isAfter) to = middle;
    else from = middle + 1;
  }
  return from - 1;
}
