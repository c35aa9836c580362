import { rmdir, unlink } from 'node:fs/promises';
import { reasonOf } from '../walk.ts';
import { shardOfDeleted, replaceFromLast, type LedgerPages } from './ledger-pages.ts';
import { withOpenDirectories } from './open-directories.ts';
import { directoryOf, locationOf, requireInside } from './places.ts';
import type { RestoreRow } from './rows.ts';

/**
 * Deletes what is written down, from the last path to the first, so that directories are empty when their turn comes. One into which
 * something was put meanwhile stays, and fails; so does what cannot be deleted. What is gone already counts as deleted.
 */
export async function deletePlanned(
  { realTarget, ledger }: { readonly realTarget: string; readonly ledger: LedgerPages },
  parts: number,
  signal: AbortSignal,
): Promise<void> {
  for (let part = parts - 1; part >= 0; part -= 1) {
    const before = await ledger.read(shardOfDeleted(part));
    const { rows, changed } = await replaceFromLast(before, async (row) => {
      signal.throwIfAborted();
      return deleteRow(realTarget, row);
    });
    if (changed) await ledger.write(shardOfDeleted(part), rows);
  }
}

async function deleteRow(realTarget: string, row: RestoreRow): Promise<RestoreRow> {
  const { reason: _, ...planned } = row;
  try {
    await withOpenDirectories(
      realTarget,
      row.path,
      () => true,
      () => remove(realTarget, row),
    );
    return row.outcome === 'deleted' ? row : { ...planned, outcome: 'deleted', attempts: row.attempts + 1 };
  } catch (error) {
    return { ...planned, outcome: 'failed', reason: `cannot be deleted: ${reasonOf(error)}` };
  }
}

async function remove(realTarget: string, { path, kind }: RestoreRow): Promise<void> {
  const location = locationOf(realTarget, path);
  try {
    await requireInside(realTarget, directoryOf(location));
    // Never more than the one thing that was written down: neither call follows a symlink or takes what is in a directory along.
    await (kind === 'directory' ? rmdir(location) : unlink(location));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
