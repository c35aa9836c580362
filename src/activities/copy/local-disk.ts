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
const localTypes = new Set(Object.values(local));

/**
 * Tells whether directories are on a disk of this machine, as far as that is known: what lies across a network may not answer for
 * minutes. The answers are kept for the lifetime of the returned function, one activity.
 */
export function createDiskCheck(platform: NodeJS.Platform = process.platform): (directory: Buffer) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  return (directory) => {
    // Elsewhere these numbers mean other systems.
    if (platform !== 'linux') return Promise.resolve(false);
    const key = directory.toString('latin1');
    const check = known.get(key) ?? isLocal(directory);
    known.set(key, check);
    return check;
  };
}

async function isLocal(directory: Buffer): Promise<boolean> {
  try {
    return localTypes.has((await statfs(directory)).type);
  } catch {
    // What is wrong with it shows when a file in it is opened.
    return false;
  }
}
