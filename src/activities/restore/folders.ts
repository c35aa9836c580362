import { constants, readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import { requireInside } from './places.ts';
import { createDiskLookup, type Disk } from './target-disk.ts';

// Milliseconds. What is made in a directory that was moved away just now comes too late to be noticed in any case.
const checkLasts = 50;

const asDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A directory of the target that paths are made in. */
export interface Folder {
  readonly directory: Buffer;
  /** How a name in it is reached. */
  readonly at: (name: Buffer) => Buffer;
  /** Throws an {@link ExpectedError} where the directory is no longer in its place below the target. */
  readonly check: () => Promise<void>;
  /** The directory itself, held open; absent where every name is reached by its whole path. */
  readonly held?: { readonly handle: FileHandle; readonly disk: Disk };
}

/** The directories of a target that are in use. */
export interface Folders {
  /** The folder at this place, which must be there. Throws an {@link ExpectedError} when a symlink leads to it from outside. */
  readonly at: (directory: Buffer) => Promise<Folder>;
  readonly close: () => Promise<void>;
}

/** How many directories a worker may hold open. */
export interface HandleLimit {
  left: number;
}

/**
 * Holds directories open: names in them are then reached without going the whole way again, of which a part could be replaced by a
 * symlink at any time. So each is checked once, when it is opened. Where that is not to be had, the whole way is checked each time.
 */
export function createFolders(realTarget: string, limit: HandleLimit, platform = process.platform): Folders {
  const diskOf = createDiskLookup();
  const known = new Map<string, Promise<Folder>>();
  const handles: FileHandle[] = [];

  const openFolder = async (directory: Buffer): Promise<Folder> => {
    const handle = platform === 'linux' && limit.left > 0 ? await tryOpen(directory, limit) : undefined;
    if (handle) handles.push(handle);
    const path = handle && wayOf(handle);
    if (!handle || path === undefined || !isBelow(path, realTarget)) return byPath(realTarget, directory);
    const at = `/proc/self/fd/${handle.fd}`;
    const start = Buffer.from(`${at}/`);
    let checkedAt = -Infinity;
    return {
      directory,
      at: (name) => Buffer.concat([start, name]),
      held: { handle, disk: await diskOf(handle, at) },
      check: async () => {
        const now = performance.now();
        if (now - checkedAt < checkLasts) return;
        if (wayOf(handle)?.equals(path) === true) {
          checkedAt = now;
          return;
        }
        await requireInside(realTarget, directory);
        throw new ExpectedError(failureTypes.targetUnusable, `${directory.toString()} was moved meanwhile: try again`);
      },
    };
  };

  return {
    at: async (directory) => {
      const key = directory.toString('latin1');
      const opening = known.get(key) ?? openFolder(directory);
      known.set(key, opening);
      // What was in the way may be gone at the next try.
      opening.then(
        ({ held }) => held || known.delete(key),
        () => known.delete(key),
      );
      const folder = await opening;
      if (!folder.held) await folder.check();
      return folder;
    },
    close: async () => {
      const held = handles.splice(0);
      limit.left += held.length;
      await Promise.all(held.map((handle) => handle.close()));
    },
  };
}

function byPath(realTarget: string, directory: Buffer): Folder {
  return {
    directory,
    at: (name) => joined(directory, name),
    check: () => requireInside(realTarget, directory),
  };
}

// Whatever is wrong with it shows when a name in it is reached by its path.
async function tryOpen(directory: Buffer, limit: HandleLimit): Promise<FileHandle | undefined> {
  limit.left -= 1;
  try {
    return await open(directory, asDirectory);
  } catch {
    limit.left += 1;
    return undefined;
  }
}

/** The real path of an open directory, now. Undefined where this system does not tell. */
function wayOf({ fd }: FileHandle): Buffer | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
  } catch {
    return undefined;
  }
}

function isBelow(path: Buffer, realTarget: string): boolean {
  const target = Buffer.from(realTarget);
  if (path.equals(target)) return true;
  const start = realTarget.endsWith('/') ? target : Buffer.concat([target, Buffer.from('/')]);
  return path.subarray(0, start.length).equals(start);
}

/** A name in a directory, by the directory's path. */
export function joined(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}
