import { stat, statfs } from 'node:fs/promises';
import { release } from 'node:os';

// https://man7.org/linux/man-pages/man2/statfs.2.html
const local = {
  bcachefs: 0xca451a4e,
  btrfs: 0x9123683e,
  ext: 0xef53,
  f2fs: 0xf2f52010,
  overlay: 0x794c7630,
  tmpfs: 0x01021994,
  xfs: 0x58465342,
  zfs: 0x2fc12fc1,
} as const;
// Their files are made up as they are read. https://github.com/torvalds/linux/blob/master/include/uapi/linux/magic.h
const virtual = {
  binfmt: 0x42494e4d,
  bpf: 0xcafe4a11,
  cgroup: 0x27e0eb,
  cgroup2: 0x63677270,
  configfs: 0x62656570,
  debugfs: 0x64626720,
  devpts: 0x1cd1,
  efivarfs: 0xde5e81e4,
  fusectl: 0x65735543,
  nfsd: 0x6e667364,
  nsfs: 0x6e736673,
  proc: 0x9fa0,
  pstore: 0x6165676c,
  resctrl: 0x7655821,
  rpcPipefs: 0x67596969,
  securityfs: 0x73636673,
  selinuxfs: 0xf97cff8c,
  smackfs: 0x43415d53,
  sysfs: 0x62656572,
  tracefs: 0x74726163,
} as const;
// Those that are known to tell of a failed write when all of them is synced.
const syncedWhole = new Set<number>([local.btrfs, local.ext, local.f2fs, local.xfs]);

/**
 * What is known of a file system: `local` is on a disk of this machine; of `virtual` ones, as /proc, neither size nor times of a file tell of
 * its content; `other` may be anywhere, as across a network, and what lies there may not answer for minutes; and of an `unknown` one the
 * system tells nothing.
 */
export type FileSystem = 'local' | 'virtual' | 'other' | 'unknown';

const kinds = new Map<number, FileSystem>([
  ...Object.values(local).map((type) => [type, 'local'] as const),
  ...Object.values(virtual).map((type) => [type, 'virtual'] as const),
]);

/** Tells what file systems directories are on. The answers are kept for the lifetime of the returned function, one activity. */
export function createFileSystemCheck(
  platform: NodeJS.Platform = process.platform,
): (directory: Buffer) => Promise<FileSystem> {
  const known = new Map<string, Promise<FileSystem>>();
  return (directory) => {
    const key = directory.toString('latin1');
    const check = known.get(key) ?? fileSystemOf(directory, platform);
    known.set(key, check);
    return check;
  };
}

/** Tells whether directories are on a disk of this machine, asked once for each device; without a device they are not. */
export function createDeviceCheck(): (device: bigint | undefined, directory: Buffer) => Promise<boolean> {
  const known = new Map<bigint, Promise<boolean>>();
  return (device, directory) => {
    if (device === undefined) return Promise.resolve(false);
    const check = known.get(device) ?? fileSystemOf(directory).then((found) => found === 'local');
    known.set(device, check);
    return check;
  };
}

async function fileSystemOf(directory: Buffer, platform = process.platform): Promise<FileSystem> {
  // Elsewhere the numbers of types mean other systems.
  if (platform !== 'linux') return 'unknown';
  try {
    return kinds.get((await statfs(directory)).type) ?? 'other';
  } catch {
    // What is wrong with it shows when a file in it is opened.
    return 'other';
  }
}

/** How what is written outlasts a crash of the machine: it never does, by syncing all at once, or file by file. */
type Durability = 'never' | 'together' | 'one-by-one';

/** The disk of a directory that is written to. */
export interface Disk {
  readonly device: bigint;
  readonly durability: Durability;
  /** Whether it belongs to this machine, as far as that is known. */
  readonly isLocal: boolean;
}

/** Tells what disk a directory is on, by a way to it. Throws the system's errors. */
export type DiskLookup = (directory: Buffer) => Promise<Disk>;

/** Finds out, on Linux, what disks directories are on. The answers are kept for one activity. */
export function createDiskLookup(): DiskLookup {
  const known = new Map<bigint, Promise<Disk>>();
  const lookUp = async (device: bigint, directory: Buffer): Promise<Disk> => {
    const { type } = await statfs(directory);
    return { device, isLocal: kinds.get(type) === 'local', durability: durabilityOf(type) };
  };
  return async (directory) => {
    const { dev } = await stat(directory, { bigint: true });
    const disk = known.get(dev) ?? lookUp(dev, directory);
    known.set(dev, disk);
    return disk;
  };
}

function durabilityOf(type: number): Durability {
  if (type === local.tmpfs) return 'never';
  return syncedWhole.has(type) && tellsOfFailures(release()) ? 'together' : 'one-by-one';
}

/** Whether syncfs of this kernel tells of writes that failed. https://man7.org/linux/man-pages/man2/syncfs.2.html */
function tellsOfFailures(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 8);
}
