import { renameSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Restore } from '../../shared/restore.ts';
import { restoredMode } from './file-attributes.ts';
import { joined, type Folder } from './folders.ts';
import { lstatMaybe } from './lstat-maybe.ts';
import type { Directories } from './make-directories.ts';
import { givesWay } from './plan-entry.ts';
import type { RestoredPath, RestoreEntry } from './rows.ts';
import type { ThreadChoice } from '../thread-choice.ts';

/** What stands whole and checked beside its place, under the name `temporary`. */
export interface Written {
  readonly entry: RestoreEntry;
  readonly folder: Folder;
  readonly temporary: Buffer;
  readonly name: Buffer;
}

export interface PlaceContext {
  readonly restore: Pick<Restore, 'overwrite' | 'delete'>;
  readonly directories: Pick<Directories, 'touch'>;
  readonly threadChoice: ThreadChoice;
}

export type PlaceResult = Pick<RestoredPath, 'outcome' | 'reason'>;

/** Puts a path in its place at once. Throws when the target fails, and then what stood there stands there still. */
export async function putInPlace(written: Written, context: PlaceContext): Promise<PlaceResult> {
  const { entry, folder, temporary, name } = written;
  await folder.check();
  if (context.restore.overwrite === 'never' && (await lstatMaybe(folder.at(name)))) {
    await removeWritten(written);
    return { outcome: 'kept' };
  }
  await replace(folder.at(temporary), folder.at(name), folder, context);
  context.directories.touch(joined(folder.directory, name));
  const isWhole = entry.kind !== 'file' || restoredMode(entry) === entry.mode;
  return isWhole
    ? { outcome: 'restored' }
    : { outcome: 'restored', reason: 'without its set-user-id and set-group-id bits' };
}

/** Removes what is not to be put in its place, if it can be removed. */
export async function removeWritten({ folder, temporary }: Pick<Written, 'folder' | 'temporary'>): Promise<void> {
  await rm(folder.at(temporary), { force: true }).catch(() => undefined);
}

async function replace(temporary: Buffer, place: Buffer, folder: Folder, { restore, threadChoice }: PlaceContext) {
  try {
    await move(temporary, place, folder, threadChoice);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!givesWay(restore) || !['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
    // Only now that what takes its place is whole. Links in it go and are not followed.
    await rm(place, { recursive: true });
    await rename(temporary, place);
  }
}

async function move(temporary: Buffer, place: Buffer, { held }: Folder, threadChoice: ThreadChoice): Promise<void> {
  if (held?.disk.isLocal !== true || !(await threadChoice.isForThread())) return rename(temporary, place);
  const began = performance.now();
  renameSync(temporary, place);
  threadChoice.onDone(performance.now() - began);
}
