import { statfs } from 'node:fs/promises';

import { ExpectedError } from '../contracts/failures.ts';

const mebibyte = 1024 * 1024;
/** What new servers write before there is any work, and some of it. */
const fewest = 16 * mebibyte;

/**
 * Makes sure that the embedded servers can begin: on a full disk they would fail one after the other, each in its own words.
 *
 * Thrown when there is too little space for their data (`StackUnavailable`).
 */
export async function requireSpace(dataDir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free >= fewest) return;
  throw new ExpectedError(
    'StackUnavailable',
    `${dataDir} has ${Math.floor(free / mebibyte)} MiB of free space left, and the embedded servers need ${fewest / mebibyte} MiB to begin: ` +
      'free space there, or set DATA_DIR to a directory on another disk',
  );
}
