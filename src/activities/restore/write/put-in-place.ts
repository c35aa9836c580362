import { renameSync } from 'node:fs';
import { opendir, rename, rmdir, unlink } from 'node:fs/promises';
import type { Restore } from '../../../contracts/restore.ts';
import { lastNameOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import type { ThreadChoice } from '../../../files/thread-choice.ts';
import type { RestoredPath, RestoreEntry } from '../ledger.ts';
import { restoredMode } from '../target/attributes.ts';
import type { Folder } from '../target/folder.ts';
import type { Directories } from '../target/make-directories.ts';

/** What stands whole and checked beside its place, under the name `temporary`. */
export interface Written {
  readonly entry: RestoreEntry;
  readonly temporary: Buffer;
}

export interface PlaceContext {
  readonly restore: Pick<Restore, 'overwrite'>;
  readonly directories: Pick<Directories, 'touch'>;
  readonly threadChoice: ThreadChoice;
}

export type PlaceResult = Pick<RestoredPath, 'outcome' | 'reason'>;

/** Puts a path in its place at once. Throws when the target fails, and then what stood there stands there still. */
export async function putInPlace(folder: Folder, written: Written, context: PlaceContext): Promise<PlaceResult> {
  const { entry } = written;
  const name = lastNameOf(entry.path);
  await folder.check('now');
  if (context.restore.overwrite === 'never' && (await lstatMaybe(folder.at(name)))) {
    await removeWritten(folder, written);
    return { outcome: 'kept' };
  }
  await replace(folder, written, context);
  context.directories.touch(entry.path);
  const isWhole = entry.kind !== 'file' || restoredMode(entry) === entry.mode;
  return isWhole
    ? { outcome: 'restored' }
    : { outcome: 'restored', reason: 'without its set-user-id and set-group-id bits' };
}

/** Removes what is not to be put in its place, if it can be removed. */
export async function removeWritten(folder: Folder, { temporary }: Written): Promise<void> {
  await unlink(folder.at(temporary)).catch(() => undefined);
}

async function replace(folder: Folder, { entry, temporary }: Written, { threadChoice }: PlaceContext) {
  const name = lastNameOf(entry.path);
  const from = folder.at(temporary);
  const place = folder.at(name);
  try {
    await move(from, place, folder, threadChoice);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A folder that was not looked at when the restore began may hold what must stay.
    if (entry.replacesFolder !== true || !['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
    // Only now that what takes its place is whole.
    await removeTree(folder, name);
    await rename(from, place);
  }
}

async function move(from: Buffer, place: Buffer, { disk }: Folder, threadChoice: ThreadChoice): Promise<void> {
  const isLocal = (await disk?.())?.isLocal === true;
  if (!isLocal || !(await threadChoice.isForThread())) return rename(from, place);
  const began = performance.now();
  renameSync(from, place);
  threadChoice.onDone(performance.now() - began);
}

/** Removes what has this name in a folder and, of a directory, all that is in it. Links go and are not followed. */
async function removeTree(folder: Folder, name: Buffer): Promise<void> {
  const directory = await openDirectory(folder, name);
  if (directory === undefined) return unlink(folder.at(name));
  try {
    for await (const { name: child } of await namesIn(directory)) await removeTree(directory, child);
  } finally {
    await directory.close();
  }
  await rmdir(folder.at(name));
}

async function openDirectory(folder: Folder, name: Buffer): Promise<Folder | undefined> {
  try {
    return await folder.open(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function namesIn({ self }: Folder): Promise<AsyncIterable<{ readonly name: Buffer }>> {
  // The types of Node know no names as bytes here.
  const asBytes = { encoding: 'buffer' as BufferEncoding };
  return (await opendir(self, asBytes)) as unknown as AsyncIterable<{ readonly name: Buffer }>;
}
