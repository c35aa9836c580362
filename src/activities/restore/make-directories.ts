import { lstat, mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { constants, type Stats } from 'node:fs';
import { displayPath, type EncodedPath } from '../../shared/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import { directoryOf, locationOf, parentOf, requireInside } from './places.ts';

// Nobody else may look into a directory before it has its own permissions, which it gets last.
const modeMeanwhile = 0o700;
const tries = 3;

/** The directories of one target, made as they are needed. */
export interface Directories {
  /** Makes a directory and those around it where they are missing. Throws when something else is there and does not give way. */
  readonly ensure: (path: EncodedPath) => Promise<void>;
  /** Notes that names in the directory of `location` have changed. */
  readonly touch: (location: Buffer) => void;
  /** Makes sure that changed names outlast a crash of the machine. */
  readonly sync: () => Promise<void>;
}

export function createDirectories(realTarget: string, givesWay: boolean): Directories {
  const made = new Map<EncodedPath, Promise<void>>();
  const touched = new Map<string, Buffer>();

  const touch = (location: Buffer) => {
    const directory = directoryOf(location);
    touched.set(directory.toString('latin1'), directory);
  };

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
    const location = locationOf(realTarget, path);
    await requireInside(realTarget, directoryOf(location));
    for (let tried = 1; ; tried += 1) {
      if (await isMade(location)) return touch(location);
      const found = await lstat(location);
      if (found.isDirectory()) return;
      if (!givesWay || tried >= tries) throw obstacle(path, found);
      // Another copy may have been faster; what is there now shows in the next round.
      await unlink(location).catch(() => undefined);
    }
  };

  return {
    ensure,
    touch,
    sync: async () => {
      for (const directory of touched.values()) await syncDirectory(directory);
      touched.clear();
    },
  };
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

function obstacle(path: EncodedPath, found: Stats): ExpectedError {
  const there = found.isSymbolicLink() ? 'a symlink' : 'no directory';
  return new ExpectedError(
    failureTypes.targetUnusable,
    `${displayPath(path)} is ${there} in the target, where a directory belongs: move it away, or restore with delete`,
  );
}

async function syncDirectory(directory: Buffer): Promise<void> {
  const handle = await openToSync(directory);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// A directory that may be written to and not read cannot be opened, nor can one that is gone again.
async function openToSync(directory: Buffer): Promise<FileHandle | undefined> {
  try {
    return await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EACCES', 'ENOENT', 'ENOTDIR'].includes(code)) return undefined;
    throw error;
  }
}
