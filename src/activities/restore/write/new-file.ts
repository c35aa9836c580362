import { closeSync, constants, fchmodSync, ftruncateSync, futimesSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { writeAll } from '../../../files/open-file.ts';
import type { RestoreEntry } from '../rows.ts';
import { mtimeSeconds, restoredMode } from './file-attributes.ts';
import { stretchesOfData } from './write-content.ts';

// Never what another process put there, nor through a symlink.
export const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
// Nobody else may look into a file before it has its own permissions.
export const modeMeanwhile = 0o600;

/** Makes a small file with its attributes in this thread. The system may still lose it in a crash of the machine. */
export function makeSmallFile(location: Buffer, content: Buffer, entry: RestoreEntry): void {
  const file = openSync(location, newFile, modeMeanwhile);
  try {
    let end = 0;
    for (const { from, to } of stretchesOfData(content)) {
      for (end = from; end < to;) end += writeSync(file, content, end, to - end, end);
    }
    if (end < content.length) ftruncateSync(file, content.length);
    futimesSync(file, Date.now() / 1000, mtimeSeconds(entry));
    fchmodSync(file, restoredMode(entry));
  } finally {
    closeSync(file);
  }
}

/** Makes a small file with its attributes in the pool; it outlasts a crash of the machine if that is asked for. */
export async function makeSmallFileInPool(
  location: Buffer,
  content: Buffer,
  entry: RestoreEntry,
  isDurable: boolean,
): Promise<void> {
  const file = await open(location, newFile, modeMeanwhile);
  try {
    let end = 0;
    for (const { from, to } of stretchesOfData(content)) {
      await writeAll(file, content.subarray(from, to), from);
      end = to;
    }
    if (end < content.length) await file.truncate(content.length);
    await file.utimes(Date.now() / 1000, mtimeSeconds(entry));
    await file.chmod(restoredMode(entry));
    if (isDurable) await file.sync();
  } finally {
    await file.close();
  }
}
