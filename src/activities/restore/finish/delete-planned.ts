import { rmdir, unlink } from 'node:fs/promises';
import { entryKey, type ManifestShard } from '../../../contracts/manifest.ts';
import { lastNameOf, parentOf } from '../../../files/paths.ts';
import { reasonOf } from '../../../lib/message-of.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { createRowLookup } from '../../paged/row-lookup.ts';
import { readShard } from '../../paged/shard.ts';
import { replaceFromLast, shardOfDeleted, type LedgerPages, type RestoreRow } from '../ledger.ts';
import type { DeletionPlan, PlannedRow } from '../plan/deletion-plan.ts';
import type { OpenableTarget } from '../target/closed-folders.ts';

/**
 * Deletes what is written down, from the last path to the first, so that directories are empty when their turn comes. One into which
 * something was put meanwhile stays, and fails; so does what cannot be deleted. What is gone already counts as deleted.
 */
export async function deletePlanned(
  { target, ledger }: { readonly target: OpenableTarget; readonly ledger: LedgerPages },
  parts: number,
  signal: AbortSignal,
): Promise<void> {
  for (let part = parts - 1; part >= 0; part -= 1) {
    const before = await ledger.read(shardOfDeleted(part));
    const { rows, changed } = await replaceFromLast(before, async (row) => {
      signal.throwIfAborted();
      // What stays, and what went with the folder that it was in.
      if (row.outcome === 'kept' || row.within !== undefined) return row;
      return deleteRow(target, row);
    });
    if (changed) await ledger.write(shardOfDeleted(part), rows);
  }
}

async function deleteRow(target: OpenableTarget, row: RestoreRow): Promise<RestoreRow> {
  const { reason: _, ...planned } = row;
  try {
    await target.withOpenDirectories(row.path, () => remove(target, row));
    return row.outcome === 'deleted' ? row : { ...planned, outcome: 'deleted', attempts: row.attempts + 1 };
  } catch (error) {
    return { ...planned, outcome: 'failed', reason: `cannot be deleted: ${reasonOf(error)}` };
  }
}

async function remove({ folders }: OpenableTarget, { path, kind }: RestoreRow): Promise<void> {
  // Never more than the one thing that was written down: neither call follows a symlink or takes what is in a directory along.
  const call = kind === 'directory' ? rmdir : unlink;
  try {
    await folders.within(parentOf(path), ({ at }) => call(at(lastNameOf(path))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

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
