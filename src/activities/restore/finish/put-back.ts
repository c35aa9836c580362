import { chmod } from 'node:fs/promises';
import { comparePaths, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { entryKey } from '../../../contracts/manifest.ts';
import type { Folders } from '../target/folders.ts';
import { createDirectoryOpener, type OpenableTarget } from '../target/open-directories.ts';
import type { OpenedDirectories, OpenedDirectory } from '../target/opened-directories.ts';

/** The folders that a restore opened up and that are to get their own permissions back, those first that come last in a listing. */
export interface PutBack extends OpenableTarget {
  /** Puts back those that come after this key, or all; one that is gone needs nothing. Returns what could not be put back. */
  readonly after: (key?: string) => Promise<readonly NotPutBack[]>;
  /** Notes that a folder has the permissions that it is to have in the end. */
  readonly isDone: (path: EncodedPath) => Promise<void>;
}

export interface NotPutBack extends OpenedDirectory {
  readonly error: unknown;
}

export async function createPutBack(folders: Folders, opened: OpenedDirectories): Promise<PutBack> {
  let waiting: OpenedDirectory[] = [];
  const add = (directory: OpenedDirectory) => {
    if (waiting.some(({ path }) => path === directory.path)) return;
    waiting.push(directory);
    waiting.sort((a, b) => comparePaths(keyOf(a), keyOf(b)));
  };
  const withOpenDirectories = createDirectoryOpener(folders, {
    note: async (directory) => {
      await opened.note(directory);
      add(directory);
    },
  });
  const isDone = async (done: EncodedPath) => {
    if (!waiting.some(({ path }) => path === done)) return;
    waiting = waiting.filter(({ path }) => path !== done);
    await opened.forget(done);
  };
  const putBack = async (directory: OpenedDirectory): Promise<NotPutBack[]> => {
    const { path, mode } = directory;
    try {
      await withOpenDirectories(path, () => folders.within(path, ({ self }) => chmod(self, mode)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return [{ ...directory, error }];
    }
    await opened.forget(path);
    return [];
  };

  for (const directory of await opened.list()) add(directory);
  return {
    folders,
    withOpenDirectories,
    isDone,
    after: async (key) => {
      const failed: NotPutBack[] = [];
      for (;;) {
        const last = waiting.at(-1);
        if (!last || (key !== undefined && comparePaths(keyOf(last), key) <= 0)) return failed;
        waiting.pop();
        failed.push(...(await putBack(last)));
      }
    },
  };
}

/** The target itself comes before all that is in it. */
function keyOf({ path }: OpenedDirectory): string {
  return path === '' ? '' : entryKey({ path, kind: 'directory' });
}
