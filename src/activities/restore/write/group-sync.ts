import type { OpenDirectory } from '../../../files/open-directory.ts';
import { createFileSystemSync } from './sync-file-system.ts';

/** Writes all of a file system to its disk, for several who ask at the same time. */
export interface GroupSync {
  /** Whether this machine can; tried once. */
  readonly isUsable: (directory: OpenDirectory) => Promise<boolean>;
  /** Resolves when all that was written to the directory's file system before the call outlasts a crash of the machine. Throws otherwise. */
  readonly sync: (directory: OpenDirectory) => Promise<void>;
}

/**
 * Group commit: one sync at a time for each file system. What is asked for while one is under way waits for the next, which does for all of them.
 * `run` is told an open directory; the program `sync` of this machine unless given.
 */
export function createGroupSync(run: (directory: OpenDirectory) => Promise<void> = createFileSystemSync()): GroupSync {
  const running = new Map<bigint, Promise<void>>();
  const next = new Map<bigint, Promise<void>>();
  let usable: Promise<boolean> | undefined;

  const start = (directory: OpenDirectory): Promise<void> => {
    const { device } = directory;
    const syncing = run(directory).finally(() => running.delete(device));
    running.set(device, syncing);
    return syncing;
  };

  const follow = async (before: Promise<void>, directory: OpenDirectory): Promise<void> => {
    try {
      // Where that fails this fails too: the system tells of what it could not write once, and it may have been of these files.
      await before;
    } finally {
      next.delete(directory.device);
    }
    await start(directory);
  };

  const sync = (directory: OpenDirectory): Promise<void> => {
    const { device } = directory;
    const before = running.get(device);
    if (before === undefined) return start(directory);
    const after = next.get(device) ?? follow(before, directory);
    next.set(device, after);
    return after;
  };

  return {
    sync,
    isUsable: (directory) =>
      (usable ??= sync(directory).then(
        () => true,
        () => false,
      )),
  };
}
