import { statfs } from 'node:fs/promises';

// https://man7.org/linux/man-pages/man2/statfs.2.html
const local: Readonly<Record<string, number>> = {
  bcachefs: 0xca451a4e,
  btrfs: 0x9123683e,
  ext: 0xef53,
  f2fs: 0xf2f52010,
  overlay: 0x794c7630,
  tmpfs: 0x01021994,
  xfs: 0x58465342,
  zfs: 0x2fc12fc1,
};
// Their files are made up as they are read. https://github.com/torvalds/linux/blob/master/include/uapi/linux/magic.h
const virtual: Readonly<Record<string, number>> = {
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
};

/**
 * What is known of a file system: `local` is on a disk of this machine; of `virtual` ones, as /proc, neither size nor times of a file tell of
 * its content; `other` may be anywhere, as across a network; and of an `unknown` one the system tells nothing.
 */
export type FileSystem = 'local' | 'virtual' | 'other' | 'unknown';

const kinds = new Map<number, FileSystem>([
  ...Object.values(local).map((type) => [type, 'local'] as const),
  ...Object.values(virtual).map((type) => [type, 'virtual'] as const),
]);

/**
 * Tells whether directories are on a disk of this machine, as far as that is known: what lies across a network may not answer for
 * minutes. The answers are kept for the lifetime of the returned function, one activity.
 */
export function createDiskCheck(platform: NodeJS.Platform = process.platform): (directory: Buffer) => Promise<boolean> {
  const fileSystemOf = createFileSystemCheck(platform);
  return async (directory) => (await fileSystemOf(directory)) === 'local';
}

/** Tells what file systems directories are on. The answers are kept for the lifetime of the returned function, one activity. */
export function createFileSystemCheck(
  platform: NodeJS.Platform = process.platform,
): (directory: Buffer) => Promise<FileSystem> {
  const known = new Map<string, Promise<FileSystem>>();
  return (directory) => {
    // Elsewhere these numbers mean other systems.
    if (platform !== 'linux') return Promise.resolve('unknown');
    const key = directory.toString('latin1');
    const check = known.get(key) ?? fileSystemOf(directory);
    known.set(key, check);
    return check;
  };
}

async function fileSystemOf(directory: Buffer): Promise<FileSystem> {
  try {
    return kinds.get((await statfs(directory)).type) ?? 'other';
  } catch {
    // What is wrong with it shows when a file in it is opened.
    return 'other';
  }
}
