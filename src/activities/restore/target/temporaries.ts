import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { Folder } from './folder.ts';

/** What the names of this project's own files in a target begin with. */
export const temporaryPrefix = '.durable-restore-';

/** Flags that open a new file: never what another process put there, nor through a symlink. */
export const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * The name under which a file is written before it takes its place: in the same directory, of a form that later attempts can tell, and of
 * each attempt another, so that one that is taken for dead and is not cannot put a later one's half a file in place.
 */
export function temporaryNameOf(restoreId: string, location: Buffer, attempt: number): Buffer {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${restoreId}\0`), location])).slice(0, 32);
  return Buffer.from(`${temporaryPrefix}${digest}-${attempt}`);
}

/** Removes what attempts up to this one have left in a folder, beside what is to stand at `location`. */
export async function removeTemporaries(
  folder: Folder,
  restoreId: string,
  location: Buffer,
  attempts: number,
): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    await removeIfThere(folder.at(temporaryNameOf(restoreId, location, attempt)));
  }
}

/** Makes something under a name that a dead copy may have taken, or one that is taken for dead: what is theirs goes. */
export async function makeTemporary(temporary: Buffer, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeIfThere(temporary);
    await make();
  }
}

async function removeIfThere(location: Buffer): Promise<void> {
  await unlink(location).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
