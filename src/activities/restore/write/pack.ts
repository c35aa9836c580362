import type { FileHandle } from 'node:fs/promises';
import { openToRead, type Folder } from '../target/folder.ts';
import type { GroupSync } from './group-sync.ts';
import type { Written } from './put-in-place.ts';

// For fewer it costs less to sync each than to start a program.
const fewest = 32;

/** Small files that were written and wait, all at once, for the disk. */
export interface Pack {
  /** Whether the files of a folder are made to outlast a crash together, before they are put in place, and none by itself. */
  readonly isSyncedTogether: (folder: Folder) => Promise<boolean>;
  readonly add: (written: Written) => void;
  readonly files: () => readonly Written[];
  /** Makes sure that all files outlast a crash of the machine: only then may they be put in place. Throws when the disk does not take them. */
  readonly sync: () => Promise<void>;
  /** Lets go of the disks. */
  readonly close: () => Promise<void>;
}

/** `expected` is how many files it will hold. */
export function createPack(groupSync: GroupSync, expected: number): Pack {
  const files: Written[] = [];
  // A directory of each disk, open for as long as the pack is: the folders themselves may be closed before it is synced.
  const disks = new Map<bigint, Promise<FileHandle | undefined>>();
  const unsynced = new Map<bigint, FileHandle>();

  const open = async (device: bigint, folder: Folder): Promise<FileHandle | undefined> => {
    // One that may not be read cannot be opened: the files on its disk are synced one by one.
    const handle = await openToRead(folder).catch(() => undefined);
    if (handle === undefined || (await groupSync.isUsable({ fd: handle.fd, device }))) return handle;
    await handle.close();
    return undefined;
  };

  const isSyncedTogether = async (folder: Folder): Promise<boolean> => {
    const disk = await folder.disk?.();
    if (!disk || disk.durability === 'one-by-one') return false;
    // Nothing to be done for it.
    if (disk.durability === 'never') return true;
    if (expected < fewest) return false;
    const { device } = disk;
    const opening = disks.get(device) ?? open(device, folder);
    disks.set(device, opening);
    const handle = await opening;
    if (handle) unsynced.set(device, handle);
    return handle !== undefined;
  };

  return {
    isSyncedTogether,
    add: (written) => void files.push(written),
    files: () => files,
    sync: async () => {
      const syncs = Array.from(unsynced, ([device, { fd }]) => groupSync.sync({ fd, device }));
      // All have ended when this throws, for the directories are closed then.
      await Promise.allSettled(syncs);
      await Promise.all(syncs);
    },
    close: async () => {
      for (const opening of disks.values()) await (await opening)?.close();
      disks.clear();
    },
  };
}
