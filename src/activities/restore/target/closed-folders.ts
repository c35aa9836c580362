import { hash } from 'node:crypto';
import { chmod, stat } from 'node:fs/promises';
import { comparePaths, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { entryKey } from '../../../contracts/manifest.ts';
import { parentOf } from '../../../files/paths.ts';
import { isBlobStoreError, type BlobStore } from '../../../storage/blob-store.ts';
import type { JobLayout } from '../../../storage/run-layout.ts';
import type { FolderCache } from './folder-cache.ts';

const ownersAll = 0o700;

/**
 * Does `work` with what is at `path`; where permissions forbid it, opens up the folders around it for the worker's user, if it owns them, and
 * tries once more.
 */
type WithOpenDirectories = <T>(path: EncodedPath, work: () => Promise<T>) => Promise<T>;

/** A target whose folders are opened up as far as that is needed and possible. */
export interface OpenableTarget {
  readonly folders: FolderCache;
  readonly withOpenDirectories: WithOpenDirectories;
}

/** A restore's target, of which folders are opened up that are written down before; they get their permissions back at its end. */
export function openableTarget(
  folders: FolderCache,
  ...where: Parameters<typeof createOpenedDirectories>
): OpenableTarget {
  return { folders, withOpenDirectories: createDirectoryOpener(folders, createOpenedDirectories(...where)) };
}

/** `note` is told of each folder before it is opened up. */
function createDirectoryOpener(folders: FolderCache, { note }: Pick<OpenedDirectories, 'note'>): WithOpenDirectories {
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

/** A directory of the target that a restore opened up, and the permissions that it had before. */
interface OpenedDirectory {
  readonly path: EncodedPath;
  readonly mode: number;
}

/** What a restore has opened up so far, in storage, so that it is put back also when the worker that did it has died. */
interface OpenedDirectories {
  /** Writes one down before it is opened up; what was written down of it before stays. */
  readonly note: (directory: OpenedDirectory) => Promise<void>;
  readonly list: () => Promise<OpenedDirectory[]>;
  /** Forgets one that has been put back. */
  readonly forget: (path: EncodedPath) => Promise<void>;
}

function createOpenedDirectories(store: BlobStore, { opened }: JobLayout, signal: AbortSignal): OpenedDirectories {
  // A path can be longer than a blob's name.
  const blobOf = (path: EncodedPath) => `${opened}${hash('sha256', path)}.json`;
  return {
    note: async (directory) => {
      const precondition = { absent: true } as const;
      const body = Buffer.from(`${JSON.stringify(directory)}\n`);
      try {
        await store.put(blobOf(directory.path), body, { signal, precondition, contentType: 'application/json' });
      } catch (error) {
        if (!isBlobStoreError(error, 'precondition-failed')) throw error;
      }
    },
    list: async () => {
      const found: OpenedDirectory[] = [];
      for await (const { name } of store.list(opened, signal)) {
        found.push(JSON.parse((await store.read(name, { from: 0 }, signal)).toString()) as OpenedDirectory);
      }
      return found;
    },
    forget: async (path) => {
      const found = await store.properties(blobOf(path), signal);
      if (found) await store.delete(found, signal);
    },
  };
}

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

export async function createPutBack(
  folders: FolderCache,
  ...where: Parameters<typeof createOpenedDirectories>
): Promise<PutBack> {
  const opened = createOpenedDirectories(...where);
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
