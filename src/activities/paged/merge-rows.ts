import { comparePaths } from '../../contracts/encoded-path.ts';
import { entryKey } from '../../contracts/manifest.ts';
import type { Row } from './shard.ts';

/**
 * What a page holds after a later round: the rows of that round, and of those before it what was not taken up again.
 * `takenUp` says of which rows all was looked at again, so that one without a new row is no longer there.
 */
export function mergeRows<R extends Row>(
  before: readonly R[],
  rows: readonly R[],
  takenUp: (row: R) => boolean,
): readonly R[] {
  if (before.length === 0) return rows;
  const again = new Set(rows.map(({ path }) => path));
  const kept = before.filter((row) => !takenUp(row) && !again.has(row.path));
  return [...kept, ...rows].sort((a, b) => comparePaths(entryKey(a), entryKey(b)));
}
