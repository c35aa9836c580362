import { displayPath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { lastNameOf, parentOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import type { Folder } from './folder.ts';

/** The open directories of a target, of which those used last are kept. */
export interface FolderCache {
  /**
   * Does `work` with a folder that is in its place, opened step by step from the target. Throws `ENOENT` where it is missing, and an
   * {@link ExpectedError} with the code `ENOTDIR` where something else stands in its place or in that of a folder on the way.
   */
  readonly within: <T>(path: EncodedPath, work: (folder: Folder) => Promise<T>) => Promise<T>;
  /** Closes them, the target too, once nobody works in them any more. */
  readonly close: () => Promise<void>;
}

/** How many folders a worker may hold open beside those that are in use. */
export interface HandleLimit {
  left: number;
}

interface Slot {
  readonly path: EncodedPath;
  readonly opening: Promise<Folder>;
  users: number;
}

/** The folders of a target, of which those used last stay open. Without the target's own, as in a dry run, all are missing. */
export function createFolderCache(target: Folder | undefined, limit: HandleLimit): FolderCache {
  let users = 0;
  let isClosed = false;

  const withTarget = async <T>(work: (folder: Folder) => Promise<T>): Promise<T> => {
    if (target === undefined) throw Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' });
    await target.check();
    return work(target);
  };

  const closeAll = async () => {
    await slots.close();
    await target?.close();
  };

  const within: FolderCache['within'] = async (path, work) => {
    users += 1;
    try {
      return await (path === '' ? withTarget(work) : slots.within(path, work));
    } finally {
      users -= 1;
      if (isClosed && users === 0) await closeAll();
    }
  };

  const slots = createSlots((path) => within(parentOf(path), (above) => openIn(above, path)), limit);
  return {
    within,
    close: async () => {
      isClosed = true;
      if (users === 0) await closeAll();
    },
  };
}

/** The folders below a target, by an `open` that may ask for those around it. */
function createSlots(open: (path: EncodedPath) => Promise<Folder>, limit: HandleLimit): FolderCache {
  // In the order of their last use.
  const slots = new Map<EncodedPath, Slot>();

  const take = (path: EncodedPath): Slot => {
    const slot = slots.get(path) ?? { path, opening: openNew(path), users: 0 };
    slot.users += 1;
    slots.set(path, slot);
    return slot;
  };

  const openNew = async (path: EncodedPath): Promise<Folder> => {
    // Else as deep a recursion as the tree is.
    await Promise.resolve();
    const folder = await open(path);
    limit.left -= 1;
    for (const slot of slots.values()) if (limit.left < 0 && slot.users === 0) await close(slot);
    return folder;
  };

  /** Throws where the folder is not in its place; undefined where it was held open and its place is to be looked at anew. */
  const inPlace = async (slot: Slot, wasOpen: boolean): Promise<Folder | undefined> => {
    try {
      const folder = await slot.opening;
      await folder.check();
      return folder;
    } catch (error) {
      if (slots.get(slot.path) === slot) slots.delete(slot.path);
      if (!wasOpen || (error as NodeJS.ErrnoException).code !== 'ESTALE') throw error;
      return undefined;
    }
  };

  const close = async (slot: Slot): Promise<void> => {
    if (slots.get(slot.path) === slot) slots.delete(slot.path);
    const folder = await slot.opening.catch(() => undefined);
    if (folder === undefined) return;
    limit.left += 1;
    await folder.close();
  };

  const withinSlot: FolderCache['within'] = async (path, work) => {
    const wasOpen = slots.has(path);
    const slot = take(path);
    try {
      const folder = await inPlace(slot, wasOpen);
      if (folder) {
        // Of folders one in the other the outer ones are asked for last and opened first: those further in are what is needed next.
        if (slots.get(path) === slot) {
          slots.delete(path);
          slots.set(path, slot);
        }
        return await work(folder);
      }
    } finally {
      slot.users -= 1;
      const isKept = slots.get(path) === slot && limit.left >= 0;
      if (slot.users === 0 && !isKept) await close(slot);
    }
    return withinSlot(path, work);
  };

  return {
    within: withinSlot,
    close: async () => {
      for (const slot of slots.values()) await close(slot);
    },
  };
}

async function openIn(above: Folder, path: EncodedPath): Promise<Folder> {
  const name = lastNameOf(path);
  try {
    return await above.open(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    const found = await lstatMaybe(above.at(name));
    throw obstacle(path, found?.isSymbolicLink() === true, error);
  }
}

/** What stands where a directory belongs; has the code `ENOTDIR`. */
export function obstacle(path: EncodedPath, isSymlink: boolean, cause?: unknown): ExpectedError {
  const there = isSymlink ? 'a symlink' : 'no directory';
  const message = `${displayPath(path)} is ${there} in the target, where a directory belongs: move it away, or restore with delete`;
  return Object.assign(new ExpectedError(failureTypes.targetUnusable, message, { cause }), { code: 'ENOTDIR' });
}
