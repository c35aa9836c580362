import { chmod, stat, utimes } from 'node:fs/promises';
import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { entryKey, type FileAttributes } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { locationOf, parentOf } from '../../../files/paths.ts';
import { reasonOf } from '../../../lib/message-of.ts';
import { replaceFromLast, shardOfFolders, type LedgerPages, type RestoreRow } from '../ledger.ts';
import { directoryMode, isSameDirectory, mtimeSeconds } from '../target/attributes.ts';
import type { NotPutBack, PutBack } from '../target/closed-folders.ts';
import type { Target } from '../target/targets.ts';
import { removeTemporaries } from '../target/temporaries.ts';

/** A target at the end of its restore. */
interface Finishing extends Pick<Target, 'realTarget'> {
  readonly restore: Restore;
  readonly ledger: LedgerPages;
  readonly putBack: PutBack;
}

/**
 * Gives directories their permissions and times, the deepest first: one that is closed hides those in it, and each write in it changes
 * its time. Those that the restore only opened up get their permissions back in their turn, and the target itself comes last. Removes what
 * copies that died have left beside the paths that failed. Memory holds one page's rows.
 */
export async function finishPages(pages: number, finishing: Finishing, signal: AbortSignal): Promise<void> {
  const { ledger, putBack } = finishing;
  const notPutBack: NotPutBack[] = [];
  for (let page = pages - 1; page >= 0; page -= 1) {
    const { rows, changed } = await replaceFromLast(await ledger.read(page), async (row) => {
      signal.throwIfAborted();
      notPutBack.push(...(await putBack.after(entryKey(row))));
      if (row.kind !== 'directory') {
        if (row.outcome === 'failed') await removeLeftovers(finishing, row);
        return row;
      }
      const isThere = row.outcome === 'restored' || row.outcome === 'unchanged' || row.unfinished === true;
      return isThere ? finishDirectory(putBack, row) : row;
    });
    if (changed) await ledger.write(page, rows);
  }
  notPutBack.push(...(await putBack.after('')));
  const unfinished = await finishTarget(finishing);
  notPutBack.push(...(await putBack.after()));
  const failed = [...unfinished, ...notPutBack.map(rowOfFailed)];
  const before = await ledger.read(shardOfFolders);
  if (failed.length > 0 || before.length > 0) await ledger.write(shardOfFolders, failed);
}

async function finishDirectory(putBack: PutBack, row: RestoreRow): Promise<RestoreRow> {
  try {
    await setAttributes(putBack, row.path, row);
    if (row.unfinished === undefined) return row;
    const { unfinished: _, reason: __, ...finished } = row;
    return { ...finished, outcome: 'restored', attempts: row.attempts + 1 };
  } catch (error) {
    return { ...row, outcome: 'failed', reason: unsettable(error), unfinished: true };
  }
}

function unsettable(error: unknown): string {
  return `its permissions and times cannot be set: ${reasonOf(error)}`;
}

async function setAttributes(
  { folders, withOpenDirectories, isDone }: PutBack,
  path: EncodedPath,
  attributes: Omit<FileAttributes, 'ctimeNs'>,
): Promise<void> {
  await withOpenDirectories(path, () =>
    folders.within(path, async ({ self }) => {
      if (isSameDirectory(await stat(self, { bigint: true }), attributes)) return;
      await utimes(self, Date.now() / 1000, mtimeSeconds(attributes));
      await chmod(self, directoryMode(attributes));
    }),
  );
  await isDone(path);
}

/** The target is no path of the run: it has a row, as the folder `.`, only where something could not be done about it. */
async function finishTarget({ restore: { rootAttributes }, putBack }: Finishing): Promise<RestoreRow[]> {
  if (!rootAttributes) return [];
  try {
    await setAttributes(putBack, '', rootAttributes);
    return [];
  } catch (error) {
    const { size, mtimeNs, mode } = rootAttributes;
    return [{ ...failedFolder, path: '.', size, mtimeNs, mode, reason: unsettable(error) }];
  }
}

const failedFolder = { kind: 'directory', outcome: 'failed', attempts: 1 } as const;

function rowOfFailed({ path, mode, error }: NotPutBack): RestoreRow {
  const reason = `its permissions cannot be put back: ${reasonOf(error)}`;
  return { ...failedFolder, path: path === '' ? '.' : path, size: 0, mtimeNs: '0', mode, reason };
}

// Failing to tidy up is not worth failing for.
async function removeLeftovers(
  { restore, realTarget, putBack: { folders } }: Finishing,
  { path }: RestoreRow,
): Promise<void> {
  const { id, options } = restore;
  try {
    await folders.within(parentOf(path), (folder) =>
      removeTemporaries(folder, id, locationOf(realTarget, path), options.copyAttempts),
    );
  } catch {
    // It stays.
  }
}
