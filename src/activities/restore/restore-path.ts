import { lstat, rename, rm, unlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import type { Restore } from '../../shared/restore.ts';
import { withOpenDirectories } from './open-directories.ts';
import { directoryOf, locationOf, parentOf, requireInside, temporaryOf } from './places.ts';
import type { Directories } from './make-directories.ts';
import { givesWay, isAsHeld } from './plan-entry.ts';
import type { RestoredPath, RestoreEntry } from './rows.ts';
import type { Selection } from './select-paths.ts';
import { makeSymlink } from './make-symlink.ts';
import { writeFileFrom, type ContentSource } from './write-file.ts';

/** What restoring paths needs besides the paths. */
export interface RestoreContext extends ContentSource {
  readonly restore: Restore;
  readonly realTarget: string;
  readonly selection: Selection;
  readonly directories: Directories;
  readonly attempt: number;
}

type Result = Pick<RestoredPath, 'outcome' | 'reason'>;

/**
 * Writes one path into the target: beside its place first, whole and checked, and then in it at once, so that whatever stood there stays
 * until then. Throws when storage or the target fails; nothing is changed at the place then.
 */
export function restorePath(entry: RestoreEntry, context: RestoreContext): Promise<Result> {
  const { restore, realTarget, selection } = context;
  // Folders that keep their own permissions at the end are left alone.
  const mayOpen = (folder: string) => restore.overwrite !== 'never' && selection.selects(folder);
  return withOpenDirectories(realTarget, entry.path, mayOpen, () => restoreInto(entry, context));
}

async function restoreInto(entry: RestoreEntry, context: RestoreContext): Promise<Result> {
  const { directories, realTarget, restore, attempt } = context;
  await directories.ensure(parentOf(entry.path));
  const location = locationOf(realTarget, entry.path);
  await requireInside(realTarget, directoryOf(location));
  if (entry.kind === 'directory') {
    await directories.ensure(entry.path);
    return { outcome: 'restored' };
  }
  await removeTemporaries(restore.id, location, attempt);
  const found = await lstatMaybe(location);
  // An attempt before this one put it there.
  if (found && attempt > 1 && restore.overwrite !== 'always' && (await isAsHeld(entry, found, location))) {
    return { outcome: 'restored' };
  }
  if (found && restore.overwrite === 'never') return { outcome: 'kept' };
  const temporary = temporaryOf(restore.id, location, attempt);
  try {
    const make = entry.kind === 'symlink' ? makeSymlink : writeFileFrom;
    const result = await make(entry, temporary, context);
    context.signal.throwIfAborted();
    await requireInside(realTarget, directoryOf(location));
    await putInPlace(temporary, location, givesWay(restore));
    directories.touch(location);
    return { outcome: 'restored', ...result };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Removes what attempts up to this one have left beside a place. */
export async function removeTemporaries(restoreId: string, location: Buffer, attempts: number): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    await unlink(temporaryOf(restoreId, location, attempt)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

async function putInPlace(temporary: Buffer, location: Buffer, mayReplaceDirectory: boolean): Promise<void> {
  try {
    await rename(temporary, location);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!mayReplaceDirectory || !['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
    // Only now that what takes its place is whole. Links in it go and are not followed.
    await rm(location, { recursive: true });
    await rename(temporary, location);
  }
}

async function lstatMaybe(location: Buffer): Promise<BigIntStats | undefined> {
  try {
    return await lstat(location, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
