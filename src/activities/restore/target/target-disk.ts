import { stat, statfs } from 'node:fs/promises';
import { release } from 'node:os';
import { createDiskCheck } from '../../../files/local-disk.ts';

// https://man7.org/linux/man-pages/man2/statfs.2.html
const inMemory = 0x01021994;
// Those that are known to tell of a failed write when all of them is synced: btrfs, ext, f2fs and xfs.
const syncedWhole = new Set([0x9123683e, 0xef53, 0xf2f52010, 0x58465342]);

/** How what is written outlasts a crash of the machine: it never does, by syncing all at once, or file by file. */
type Durability = 'never' | 'together' | 'one-by-one';

/** What a directory of the target is on. */
export interface Disk {
  readonly device: bigint;
  readonly durability: Durability;
  /** Whether it belongs to this machine, as far as that is known. */
  readonly isLocal: boolean;
}

/** Tells what a directory is on, by a way to it. */
export type DiskLookup = (directory: Buffer) => Promise<Disk>;

/** Finds out what directories are on. The answers are kept for one activity. */
export function createDiskLookup(): DiskLookup {
  const known = new Map<bigint, Promise<Disk>>();
  const lookUp = async (device: bigint, directory: Buffer): Promise<Disk> => {
    const [{ type }, isLocal] = await Promise.all([statfs(directory), createDiskCheck()(directory)]);
    return { device, isLocal, durability: durabilityOf(type) };
  };
  return async (directory) => {
    const { dev } = await stat(directory, { bigint: true });
    const disk = known.get(dev) ?? lookUp(dev, directory);
    known.set(dev, disk);
    return disk;
  };
}

function durabilityOf(type: number): Durability {
  if (type === inMemory) return 'never';
  return syncedWhole.has(type) && tellsOfFailures(release()) ? 'together' : 'one-by-one';
}

/** Whether syncfs of this kernel tells of writes that failed. https://man7.org/linux/man-pages/man2/syncfs.2.html */
function tellsOfFailures(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 8);
}
