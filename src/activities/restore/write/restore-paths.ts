import { lutimes, symlink } from 'node:fs/promises';
import { decodePath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { lastNameOf, locationOf, parentOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import { eachConcurrently } from '../../../lib/each-concurrently.ts';
import { reasonOf } from '../../../lib/message-of.ts';
import { mayPass } from '../../paged/activity.ts';
import type { FilesAtOnce } from '../../paged/files-at-once.ts';
import type { RestoredPath, RestoreEntry } from '../ledger.ts';
import { isAsHeld, mtimeSeconds } from '../target/attributes.ts';
import type { OpenableTarget } from '../target/closed-folders.ts';
import type { Folder } from '../target/folder.ts';
import type { Directories } from '../target/make-directories.ts';
import { makeTemporary, removeTemporaries, temporaryNameOf } from '../target/temporaries.ts';
import type { Pack } from './pack.ts';
import { putInPlace, removeWritten, type PlaceContext, type PlaceResult, type Written } from './put-in-place.ts';
import { isSmall, writeFileFrom, writeSmall, type SmallFileWriter } from './write-file.ts';

// A copy that runs alone hides the latency of single requests by itself; the memory budget bounds what they hold.
const filesOfOneCopy = 64;

/**
 * Restores paths and returns what became of each, in their order, once all that it names outlasts a crash of the machine. Small files are
 * written first and then put in their places together. Throws where another attempt may fare better; it finds what was written by then.
 */
export async function restoreAll(
  entries: readonly RestoreEntry[],
  context: RestoreContext,
  onDone: (entry: RestoreEntry) => void,
): Promise<RestoredPath[]> {
  const { pack, directories, filesAtOnce, signal, attempt } = context;
  const outcomes = new Map<EncodedPath, RestoredPath>();
  const keepOutcome = async ({ path }: RestoreEntry, work: () => Promise<PlaceResult | 'packed'>) => {
    const result = await explained(context, work);
    if (result !== 'packed') outcomes.set(path, { path, ...result, attempts: attempt });
  };
  const placePack = async () => {
    await pack.sync();
    for (const written of pack.files()) {
      signal.throwIfAborted();
      await keepOutcome(written.entry, () => placePath(written, context));
    }
    await directories.sync();
  };
  try {
    try {
      await eachConcurrently(entries, filesOfOneCopy, async (entry) => {
        const end = await filesAtOnce.begin(signal);
        try {
          await keepOutcome(entry, () => restorePath(entry, context));
        } finally {
          end();
        }
        onDone(entry);
      });
    } finally {
      if (!signal.aborted) await placePack();
    }
    signal.throwIfAborted();
  } catch (error) {
    for (const written of pack.files()) await discardWritten(written, context);
    throw error;
  } finally {
    await pack.close();
  }
  return entries.flatMap(({ path }) => outcomes.get(path) ?? []);
}

/** What came of a path, also where that is a failure. Throws when another attempt may fare better. */
async function explained(
  { signal, attempt, restore, realTarget }: RestoreContext,
  work: () => Promise<PlaceResult | 'packed'>,
): Promise<PlaceResult | 'packed'> {
  try {
    return await work();
  } catch (error) {
    const isLast = attempt >= restore.options.copyAttempts;
    if ((!isLast && (mayPass(error) || wasCleared(error))) || signal.aborted) throw error;
    return { outcome: 'failed', reason: explainFailure(error, realTarget) };
  }
}

/** Whether what was written is gone: a later attempt, which took this one for dead, cleared it away, and the outcome is that one's to tell. */
function wasCleared(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall === 'rename';
}

/** Why a path could not be written, and what to do where that is not plain. */
export function explainFailure(error: unknown, realTarget: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return `no space left (ENOSPC): free some where ${realTarget} is, then retry what failed`;
  if (code === 'EDQUOT') {
    return `the disk quota of the worker's user is used up (EDQUOT): raise it or free some, then retry what failed`;
  }
  return reasonOf(error);
}

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
function restorePath(entry: RestoreEntry, context: RestoreContext): Promise<PlaceResult | 'packed'> {
  return context.withOpenDirectories(entry.path, () => restoreInto(entry, context));
}

/** Puts in its place what a pack holds of a path. Throws when the target fails; nothing is changed at the place then. */
async function placePath(written: Written, context: RestoreContext): Promise<PlaceResult> {
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
async function discardWritten(written: Written, { folders }: Pick<RestoreContext, 'folders'>): Promise<void> {
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

/** Makes a symlink as the run holds it, whatever it points to: nothing here ever follows it. */
async function makeSymlink(entry: RestoreEntry, temporary: Buffer): Promise<void> {
  await symlink(decodePath(entry.target ?? ''), temporary);
  await lutimes(temporary, Date.now() / 1000, mtimeSeconds(entry));
}
