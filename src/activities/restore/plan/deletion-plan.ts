import { entryKey, type ManifestShard } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import { createRowLookup } from '../../paged/row-lookup.ts';
import { describeShard, readShard, writeShard } from '../../paged/shard.ts';
import type { RestoreRow } from '../rows.ts';

/**
 * A line of the plan of what a mirror deletes, in the order of keys: `deleted` what goes, `kept` what stays although the run does not hold
 * it. It is written before anything is changed, so a dry run and the restore itself say the same.
 */
export interface PlannedRow extends RestoreRow {
  /** The run holds something of another kind at this path, so the ledger has its row: this one only says whether it may be replaced. */
  readonly isReplaced?: true;
}

/** Where that plan is. */
export interface DeletionPlan {
  readonly read: (part: number) => Promise<PlannedRow[]>;
  readonly write: (part: number, rows: readonly PlannedRow[]) => Promise<void>;
  /** The row with this key. */
  readonly find: (key: string) => Promise<PlannedRow | undefined>;
}

export function openDeletionPlan(
  store: BlobStore,
  { prefix, id, deletions = Infinity }: Pick<Restore, 'prefix' | 'id' | 'deletions'>,
  signal: AbortSignal,
): DeletionPlan {
  const layout = jobLayout('restores', { prefix, id });
  const read = (blob: string) => readShard<PlannedRow>(store, blob, signal);
  const openLookup = async () => {
    const shards: ManifestShard[] = [];
    for await (const blob of store.list(layout.deletions, signal)) {
      // An attempt that died may have left more.
      if (shards.length === deletions) break;
      shards.push(describeShard(blob).shard);
    }
    return createRowLookup(shards, async ({ blob }) => new Map((await read(blob)).map((row) => [entryKey(row), row])));
  };
  let lookup: ReturnType<typeof openLookup> | undefined;
  return {
    read: (part) => read(layout.deletion(part)),
    write: (part, rows) => writeShard(store, layout.deletion(part), rows, {}, signal),
    find: async (key) => (await (lookup ??= openLookup()))(key),
  };
}
