import type { BigIntStats } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { lastNameOf, parentOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import { obstacle, type FolderCache } from './folder-cache.ts';
import { openToRead, type Folder } from './folder.ts';

/** Nobody else may look into a directory before it has its own permissions, which it gets last. */
export const modeMeanwhile = 0o700;
const tries = 3;

/** The directories of one target, made as they are needed. */
export interface Directories {
  /** Makes a directory and those around it where they are missing. Throws when something else is there and does not give way. */
  readonly ensure: (path: EncodedPath) => Promise<void>;
  /** Notes that a name in the directory around `path` has changed. */
  readonly touch: (path: EncodedPath) => void;
  /** Makes sure that changed names outlast a crash of the machine. */
  readonly sync: () => Promise<void>;
}

export function createDirectories(folders: FolderCache, givesWay: boolean): Directories {
  const made = new Map<EncodedPath, Promise<void>>();
  const touched = new Set<EncodedPath>();

  const touch = (path: EncodedPath) => void touched.add(parentOf(path));

  const ensure = (path: EncodedPath): Promise<void> => {
    if (path === '') return Promise.resolve();
    const known = made.get(path);
    if (known) return known;
    const making = make(path);
    made.set(path, making);
    // Once what hindered it is gone it is worth another try.
    making.catch(() => made.delete(path));
    return making;
  };

  const make = async (path: EncodedPath) => {
    await ensure(parentOf(path));
    await folders.within(parentOf(path), (folder) => makeIn(folder, path));
  };

  const makeIn = async (folder: Folder, path: EncodedPath) => {
    const location = folder.at(lastNameOf(path));
    for (let tried = 1; ; tried += 1) {
      if (await isMade(location)) return touch(path);
      const found = await lstatMaybe(location);
      if (found?.isDirectory() === true) return;
      if (tried < tries && found === undefined) continue;
      if (!givesWay || tried >= tries) throw obstacle(path, isSymlink(found));
      // Another copy may have been faster; what is there now shows in the next round.
      await unlink(location).catch(() => undefined);
    }
  };

  return {
    ensure,
    touch,
    sync: async () => {
      for (const path of touched) await syncDirectory(folders, path);
      touched.clear();
    },
  };
}

function isSymlink(found: BigIntStats | undefined): boolean {
  return found?.isSymbolicLink() === true;
}

async function isMade(location: Buffer): Promise<boolean> {
  try {
    await mkdir(location, { mode: modeMeanwhile });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function syncDirectory(folders: FolderCache, path: EncodedPath): Promise<void> {
  const handle = await folders.within(path, openToRead).catch(unlessAway);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// A directory that may be written to and not read cannot be opened, nor can one that is no longer there.
function unlessAway(error: NodeJS.ErrnoException): undefined {
  if (!['EACCES', 'ENOENT', 'ENOTDIR', 'ESTALE'].includes(error.code ?? '')) throw error;
}
