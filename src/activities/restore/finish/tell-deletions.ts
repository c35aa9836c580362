import { entryKey, type ManifestShard } from '../../../contracts/manifest.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { createRowLookup } from '../../paged/row-lookup.ts';
import { readShard } from '../../paged/shard.ts';
import type { DeletionPlan, PlannedRow } from '../plan/deletion-plan.ts';
import { shardOfDeleted, type LedgerPages } from './ledger-pages.ts';
import type { RestoreRow } from '../rows.ts';

interface Told {
  readonly plan: DeletionPlan;
  readonly parts: number;
  readonly ledger: LedgerPages;
}

/** Writes the plan of what is deleted, and of what stays, into the ledger. */
export async function tellDeletions({ plan, parts, ledger }: Told): Promise<void> {
  for (let part = 0; part < parts; part += 1) {
    await ledger.write(shardOfDeleted(part), (await plan.read(part)).flatMap(told));
  }
}

/**
 * Of a restore that failed in part, so that nothing else is deleted: what was in folders whose places were taken, by the rows of the pages,
 * which are those that the shards hold.
 */
export async function tellReplaced(
  { plan, parts, ledger }: Told,
  store: BlobStore,
  pages: readonly ManifestShard[],
  signal: AbortSignal,
): Promise<void> {
  const find = createRowLookup(pages, async ({ blob }) => {
    const rows = await readShard<RestoreRow>(store, blob, signal);
    return new Map(rows.map((row) => [entryKey(row), row]));
  });
  for (let part = 0; part < parts; part += 1) {
    const rows: RestoreRow[] = [];
    for (const row of await plan.read(part)) {
      if (row.within !== undefined && (await find(row.within))?.outcome === 'restored') rows.push(...told(row));
    }
    if (rows.length > 0) await ledger.write(shardOfDeleted(part), rows);
  }
}

function told({ isReplaced, ...row }: PlannedRow): RestoreRow[] {
  return isReplaced === true ? [] : [row];
}
