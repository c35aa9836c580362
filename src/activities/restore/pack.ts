import type { FileHandle } from 'node:fs/promises';
import type { Folder } from './folders.ts';
import type { GroupSync } from './group-sync.ts';
import { removeWritten, type Written } from './put-in-place.ts';

// For fewer it costs less to sync each than to start a program.
const fewest = 32;

/** Small files that were written and wait, all at once, for the disk. */
export interface Pack {
  /** Whether the files of a folder are made to outlast a crash together, before they are put in place, and none by itself. */
  readonly isSyncedTogether: (folder: Folder) => Promise<boolean>;
  readonly add: (written: Written) => void;
  /** Makes sure that all files outlast a crash of the machine, and hands them over: only then may they be put in place. Throws when the disk does not take them. */
  readonly sync: () => Promise<readonly Written[]>;
  /** Removes what is still there. */
  readonly discard: () => Promise<void>;
}

/** `expected` is how many files it will hold. */
export function createPack(groupSync: GroupSync, expected: number): Pack {
  const files = new Set<Written>();
  const unsynced = new Map<bigint, FileHandle>();

  const isSyncedTogether = async ({ held }: Folder): Promise<boolean> => {
    if (!held || held.disk.durability === 'one-by-one') return false;
    // Nothing to be done for it.
    if (held.disk.durability === 'never') return true;
    const { device } = held.disk;
    if (expected < fewest || !(await groupSync.isUsable({ fd: held.handle.fd, device }))) return false;
    unsynced.set(device, held.handle);
    return true;
  };

  return {
    isSyncedTogether,
    add: (written) => void files.add(written),
    sync: async () => {
      const syncs = Array.from(unsynced, ([device, { fd }]) => groupSync.sync({ fd, device }));
      // All have ended when this throws, for the directories are closed then.
      await Promise.allSettled(syncs);
      await Promise.all(syncs);
      return [...files];
    },
    discard: async () => {
      for (const written of files) await removeWritten(written);
    },
  };
}
