import { emptyRestoreTally } from '../../../contracts/restore.ts';
import { sumTallies } from '../../../contracts/job.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { JobLayout } from '../../../storage/run-layout.ts';
import { readShard, writeShard } from '../../paged/shard.ts';
import { deletionTallyOf, restoreTallyOf, type RestoreRow } from '../rows.ts';

// Far above the number of any page, so that the shards of what is deleted stand last; numbers of pages are below a ninth of it.
const firstOfDeleted = 90_000_000;

/** The number of the shard of folders of the target that could not be given their permissions, and are no paths of the run. */
export const shardOfFolders = 99_999_999;

/** The ledger of one restore, shard by shard. */
export interface LedgerPages {
  readonly read: (shard: number) => Promise<readonly RestoreRow[]>;
  readonly write: (shard: number, rows: readonly RestoreRow[]) => Promise<void>;
}

/** How the names of the shards of pages begin, and of no shard of what is deleted. */
export function pageShards({ shards }: JobLayout): string {
  return `${shards}0`;
}

/** The number of the shard that holds part `part` of what is deleted. */
export function shardOfDeleted(part: number): number {
  return firstOfDeleted + part;
}

export function createLedgerPages(store: BlobStore, layout: JobLayout, signal: AbortSignal): LedgerPages {
  return {
    read: (shard) => readShard<RestoreRow>(store, layout.shard(shard), signal),
    write: async (shard, rows) => {
      const tallyOf = shard < firstOfDeleted ? restoreTallyOf : deletionTallyOf;
      const tally = sumTallies(rows.map(tallyOf), emptyRestoreTally);
      await writeShard(store, layout.shard(shard), rows, tally, signal);
    },
  };
}

/** Rows in reverse, those in a directory before the directory; returns the shard's rows with what `work` made of them, if anything. */
export async function replaceFromLast(
  rows: readonly RestoreRow[],
  work: (row: RestoreRow) => Promise<RestoreRow>,
): Promise<{ readonly rows: readonly RestoreRow[]; readonly changed: boolean }> {
  const replaced: RestoreRow[] = [];
  let changed = false;
  for (const row of rows.toReversed()) {
    const next = await work(row);
    changed ||= next !== row;
    replaced.push(next);
  }
  return { rows: replaced.toReversed(), changed };
}
