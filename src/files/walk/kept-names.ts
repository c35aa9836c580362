import { lstat } from 'node:fs/promises';
import type { DirectoryNames, ReadNames } from './directory-names.ts';

/** Keeps the sorted names of large directories from one page of a run to the next. */
export interface KeptNames {
  /** Reads directories for one job, which nobody else may read under the same name. */
  readonly readerOf: (job: string) => ReadNames;
}

interface Kept {
  readonly names: DirectoryNames;
  readonly identity: string;
  readonly timer: NodeJS.Timeout;
}

// Each holds a file open. More jobs than that in large directories at once read them anew, which is slow and not wrong.
const most = 16;
// Copying one page usually takes less; a job that is suspended for longer lets the disk space go.
const keptFor = 10 * 60_000;

/**
 * Makes a keeper over `read`. Who reads a directory has its names alone; let go of before they were done, they wait here for the next
 * to ask. Names in memory are not kept, for reading them again is quick.
 */
export function createKeptNames(read: ReadNames): KeptNames {
  const kept = new Map<string, Kept>();

  function take(key: string): Kept | undefined {
    const found = kept.get(key);
    kept.delete(key);
    clearTimeout(found?.timer);
    return found;
  }

  async function drop(key: string): Promise<void> {
    await take(key)?.names.release(true);
  }

  async function keep(key: string, names: DirectoryNames, identity: string): Promise<void> {
    await drop(key);
    // A file that cannot be closed is closed by the collector.
    const timer = setTimeout(() => void drop(key).catch(() => undefined), keptFor).unref();
    kept.set(key, { names, identity, timer });
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) await drop(oldest);
  }

  function keeping(key: string, names: DirectoryNames, identity: string): DirectoryNames {
    return { ...names, release: (isDone) => (isDone ? names.release(true) : keep(key, names, identity)) };
  }

  return {
    readerOf: (job) => async (directory, room) => {
      const { location } = directory;
      const key = `${job}/${location.toString('latin1')}`;
      const found = take(key);
      if (found && found.identity === (await identityOf(location))) return keeping(key, found.names, found.identity);
      await found?.names.release(true);
      const names = await read(directory, room);
      return names.inMemory === undefined ? keeping(key, names, await identityOf(location)) : names;
    },
  };
}

// Another directory under the same name has other names in it.
async function identityOf(location: Buffer): Promise<string> {
  const found = await lstat(location, { bigint: true }).catch(() => undefined);
  return found ? `${found.dev}:${found.ino}` : 'gone';
}
