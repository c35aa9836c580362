import { chmod, stat } from 'node:fs/promises';
import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { parentOf } from '../../../files/paths.ts';
import type { Folders } from './folders.ts';
import type { OpenedDirectories } from './opened-directories.ts';

const ownersAll = 0o700;

/**
 * Does `work` with what is at `path`; where permissions forbid it, opens up the folders around it for the worker's user, if it owns them, and
 * tries once more.
 */
export type WithOpenDirectories = <T>(path: EncodedPath, work: () => Promise<T>) => Promise<T>;

/** A target whose folders are opened up as far as that is needed and possible. */
export interface OpenableTarget {
  readonly folders: Folders;
  readonly withOpenDirectories: WithOpenDirectories;
}

/** `note` is told of each folder before it is opened up; they get their permissions back at the end of the restore. */
export function createDirectoryOpener(
  folders: Folders,
  { note }: Pick<OpenedDirectories, 'note'>,
): WithOpenDirectories {
  /** Whether there was anything to open. From the top down: a closed folder hides those in it. */
  const openUp = async (path: EncodedPath): Promise<boolean> => {
    const above = path === '' ? false : await openUp(parentOf(path));
    const mode = await closedMode(path).catch(() => undefined);
    if (mode === undefined) return above;
    await note({ path, mode });
    const opening = folders.within(path, ({ self }) => chmod(self, mode | ownersAll));
    return opening.then(
      () => true,
      () => above,
    );
  };

  /** The permissions of a folder that is closed to its owner, this process's user; undefined of others. */
  const closedMode = (path: EncodedPath): Promise<number | undefined> =>
    folders.within(path, async ({ self }) => {
      const { mode, uid } = await stat(self);
      const isClosed = (mode & ownersAll) !== ownersAll && uid === process.geteuid?.();
      return isClosed ? mode & 0o7777 : undefined;
    });

  return async (path, work) => {
    try {
      return await work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
      // Another copy may have opened what forbade it meanwhile.
      const isOpened = await openUp(parentOf(path));
      if (!isOpened && code === 'EPERM') throw error;
      return work();
    }
  };
}
