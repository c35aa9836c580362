import { rmdir, unlink } from 'node:fs/promises';
import { lastNameOf, parentOf } from '../../../files/paths.ts';
import { reasonOf } from '../../../lib/message-of.ts';
import type { RestoreRow } from '../rows.ts';
import type { OpenableTarget } from '../target/open-directories.ts';
import { replaceFromLast, shardOfDeleted, type LedgerPages } from './ledger-pages.ts';

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
