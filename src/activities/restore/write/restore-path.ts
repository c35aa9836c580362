import type { Restore } from '../../../contracts/restore.ts';
import { lastNameOf, locationOf, parentOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import type { FilesAtOnce } from '../../paged/files-at-once.ts';
import { isAsHeld } from '../plan/plan-entry.ts';
import type { RestoreEntry } from '../rows.ts';
import type { Folder } from '../target/folder.ts';
import type { Directories } from '../target/make-directories.ts';
import type { OpenableTarget } from '../target/open-directories.ts';
import { temporaryNameOf } from '../target/places.ts';
import { makeSymlink } from './make-symlink.ts';
import type { Pack } from './pack.ts';
import { putInPlace, removeWritten, type PlaceContext, type PlaceResult, type Written } from './put-in-place.ts';
import { makeTemporary, removeTemporaries } from './temporaries.ts';
import { writeFileFrom } from './write-file.ts';
import { isSmall, writeSmall, type SmallFileWriter } from './write-small.ts';

/** What restoring paths needs besides the paths. */
export interface RestoreContext extends SmallFileWriter, PlaceContext, OpenableTarget {
  readonly restore: Restore;
  readonly realTarget: string;
  readonly directories: Directories;
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
  return context.withOpenDirectories(entry.path, () => restoreInto(entry, context));
}

/** Puts in its place what a pack holds of a path. Throws when the target fails; nothing is changed at the place then. */
export async function placePath(written: Written, context: RestoreContext): Promise<PlaceResult> {
  const { folders, withOpenDirectories } = context;
  const { path } = written.entry;
  try {
    return await withOpenDirectories(path, () =>
      folders.within(parentOf(path), (folder) => putInPlace(folder, written, context)),
    );
  } catch (error) {
    await discardWritten(written, context);
    throw error;
  }
}

/** Removes what a pack holds of a path, if it can be removed. */
export async function discardWritten(written: Written, { folders }: Pick<RestoreContext, 'folders'>): Promise<void> {
  const { path } = written.entry;
  await folders.within(parentOf(path), (folder) => removeWritten(folder, written)).catch(() => undefined);
}

async function restoreInto(entry: RestoreEntry, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  const { directories, folders } = context;
  await directories.ensure(parentOf(entry.path));
  if (entry.kind !== 'directory')
    return folders.within(parentOf(entry.path), (folder) => write(folder, entry, context));
  await directories.ensure(entry.path);
  return { outcome: 'restored' };
}

async function write(folder: Folder, entry: RestoreEntry, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  const { realTarget, restore, attempt } = context;
  const location = locationOf(realTarget, entry.path);
  // The first attempt of all finds out about its own by making it.
  await removeTemporaries(folder, restore.id, location, restore.round === undefined ? attempt - 1 : attempt);
  const stands = await standingOutcome(entry, folder.at(lastNameOf(entry.path)), context);
  if (stands) return stands;
  return writeBeside(folder, { entry, temporary: temporaryNameOf(restore.id, location, attempt) }, context);
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

async function writeBeside(folder: Folder, written: Written, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  const { entry } = written;
  const temporary = folder.at(written.temporary);
  try {
    await makeTemporary(temporary, () => {
      if (entry.kind === 'symlink') return makeSymlink(entry, temporary);
      return isSmall(entry) ? writeSmall(folder, written, context) : writeFileFrom(entry, temporary, context);
    });
    context.signal.throwIfAborted();
    if (!isSmall(entry)) return await putInPlace(folder, written, context);
    context.pack.add(written);
    return 'packed';
  } catch (error) {
    await removeWritten(folder, written);
    throw error;
  }
}
