import type { Restore } from '../../shared/restore.ts';
import type { FilesAtOnce } from '../files-at-once.ts';
import type { Folders } from './folders.ts';
import { lstatMaybe } from './lstat-maybe.ts';
import type { Directories } from './make-directories.ts';
import { makeSymlink } from './make-symlink.ts';
import { withOpenDirectories } from './open-directories.ts';
import type { Pack } from './pack.ts';
import { directoryOf, locationOf, nameOf, parentOf, temporaryNameOf } from './places.ts';
import { isAsHeld } from './plan-entry.ts';
import { putInPlace, removeWritten, type PlaceContext, type PlaceResult, type Written } from './put-in-place.ts';
import type { RestoreEntry } from './rows.ts';
import type { Selection } from './select-paths.ts';
import { makeTemporary, removeTemporaries } from './temporaries.ts';
import { writeFileFrom } from './write-file.ts';
import { isSmall, writeSmall, type SmallFileWriter } from './write-small.ts';

/** What restoring paths needs besides the paths. */
export interface RestoreContext extends SmallFileWriter, PlaceContext {
  readonly restore: Restore;
  readonly realTarget: string;
  readonly selection: Selection;
  readonly directories: Directories;
  readonly folders: Folders;
  readonly pack: Pack;
  readonly filesAtOnce: FilesAtOnce;
  readonly attempt: number;
}

/**
 * Writes one path into the target: beside its place first, whole and checked, and then in it at once, so that whatever stood there stays
 * until then. A small file is left for the pack to put in its place. Throws when storage or the target fails; nothing is changed at the
 * place then.
 */
export function restorePath(entry: RestoreEntry, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  return withOpenFolders(entry, context, () => restoreInto(entry, context));
}

/** Puts in its place what a pack holds of a path. Throws when the target fails; nothing is changed at the place then. */
export async function placePath(written: Written, context: RestoreContext): Promise<PlaceResult> {
  try {
    return await withOpenFolders(written.entry, context, () => putInPlace(written, context));
  } catch (error) {
    await removeWritten(written);
    throw error;
  }
}

function withOpenFolders<T>({ path }: RestoreEntry, context: RestoreContext, work: () => Promise<T>): Promise<T> {
  const { restore, realTarget, selection } = context;
  // Folders that keep their own permissions at the end are left alone.
  const mayOpen = (folder: string) => restore.overwrite !== 'never' && selection.selects(folder);
  return withOpenDirectories(realTarget, path, mayOpen, work);
}

async function restoreInto(entry: RestoreEntry, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  const { directories, folders, realTarget, restore, attempt } = context;
  await directories.ensure(parentOf(entry.path));
  const location = locationOf(realTarget, entry.path);
  const folder = await folders.at(directoryOf(location));
  if (entry.kind === 'directory') {
    await directories.ensure(entry.path);
    return { outcome: 'restored' };
  }
  // The first attempt of all finds out about its own by making it.
  await removeTemporaries(restore.id, location, restore.round === undefined ? attempt - 1 : attempt, folder.at);
  const name = nameOf(location);
  const stands = await standingOutcome(entry, folder.at(name), context);
  if (stands) return stands;
  return write({ entry, folder, name, temporary: temporaryNameOf(restore.id, location, attempt) }, context);
}

/** The outcome where what stands at the place is left there. */
async function standingOutcome(
  entry: RestoreEntry,
  place: Buffer,
  { attempt, restore: { overwrite } }: RestoreContext,
): Promise<PlaceResult | undefined> {
  if (attempt === 1 && overwrite !== 'never') return undefined;
  const found = await lstatMaybe(place);
  // An attempt before this one put it there.
  if (found && attempt > 1 && overwrite !== 'always' && (await isAsHeld(entry, found, place)))
    return { outcome: 'restored' };
  return found && overwrite === 'never' ? { outcome: 'kept' } : undefined;
}

async function write(written: Written, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  const { entry, folder } = written;
  const temporary = folder.at(written.temporary);
  try {
    await makeTemporary(temporary, () => {
      if (entry.kind === 'symlink') return makeSymlink(entry, temporary);
      return isSmall(entry) ? writeSmall(written, context) : writeFileFrom(entry, temporary, context);
    });
    context.signal.throwIfAborted();
    if (!isSmall(entry)) return await putInPlace(written, context);
    context.pack.add(written);
    return 'packed';
  } catch (error) {
    await removeWritten(written);
    throw error;
  }
}
