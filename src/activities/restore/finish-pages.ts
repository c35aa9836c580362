import { constants } from 'node:fs';
import { chmod, lstat, open, type FileHandle } from 'node:fs/promises';
import type { Restore } from '../../shared/restore.ts';
import { reasonOf } from '../walk.ts';
import { directoryMode, isSameDirectory, mtimeSeconds } from './file-attributes.ts';
import { replaceFromLast, type LedgerPages } from './ledger-pages.ts';
import { directoryOf, locationOf, requireInside } from './places.ts';
import type { RestoreRow } from './rows.ts';
import { removeTemporaries } from './temporaries.ts';

/**
 * Gives directories their permissions and times, the deepest first: one that is closed hides those in it, and each write in it changes
 * its time. Removes what copies that died have left beside the paths that failed. Memory holds one page's rows.
 */
export async function finishPages(
  restore: Restore,
  { realTarget, ledger }: { readonly realTarget: string; readonly ledger: LedgerPages },
  pages: number,
  signal: AbortSignal,
): Promise<void> {
  for (let page = pages - 1; page >= 0; page -= 1) {
    const { rows, changed } = await replaceFromLast(await ledger.read(page), async (row) => {
      signal.throwIfAborted();
      if (row.kind !== 'directory') {
        if (row.outcome === 'failed') await removeLeftovers(restore, realTarget, row);
        return row;
      }
      const isThere = row.outcome === 'restored' || row.outcome === 'unchanged' || row.unfinished === true;
      return isThere ? finishDirectory(realTarget, row) : row;
    });
    if (changed) await ledger.write(page, rows);
  }
}

async function finishDirectory(realTarget: string, row: RestoreRow): Promise<RestoreRow> {
  try {
    await setAttributes(realTarget, row);
    if (row.unfinished === undefined) return row;
    const { unfinished: _, reason: __, ...finished } = row;
    return { ...finished, outcome: 'restored', attempts: row.attempts + 1 };
  } catch (error) {
    const reason = `its permissions and times cannot be set: ${reasonOf(error)}`;
    return { ...row, outcome: 'failed', reason, unfinished: true };
  }
}

async function setAttributes(realTarget: string, row: RestoreRow): Promise<void> {
  const location = locationOf(realTarget, row.path);
  await requireInside(realTarget, directoryOf(location));
  if (isSameDirectory(await lstat(location, { bigint: true }), row)) return;
  const directory = await openDirectory(location);
  try {
    await directory.utimes(Date.now() / 1000, mtimeSeconds(row));
    await directory.chmod(directoryMode(row));
  } finally {
    await directory.close();
  }
}

const asDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

async function openDirectory(location: Buffer): Promise<FileHandle> {
  try {
    return await open(location, asDirectory);
  } catch (error) {
    const isClosed = (error as NodeJS.ErrnoException).code === 'EACCES' && (await lstat(location)).isDirectory();
    if (!isClosed) throw error;
    await chmod(location, 0o700);
    return open(location, asDirectory);
  }
}

// Failing to tidy up is not worth failing for.
async function removeLeftovers(restore: Restore, realTarget: string, { path }: RestoreRow): Promise<void> {
  const location = locationOf(realTarget, path);
  try {
    await requireInside(realTarget, directoryOf(location));
    await removeTemporaries(restore.id, location, restore.options.copyAttempts);
  } catch {
    // It stays.
  }
}
