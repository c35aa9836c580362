import { unlink } from 'node:fs/promises';
import type { Folder } from '../target/folder.ts';
import { temporaryNameOf } from '../target/places.ts';

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
