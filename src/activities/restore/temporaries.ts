import { unlink } from 'node:fs/promises';
import { directoryOf, temporaryNameOf } from './places.ts';
import { joined } from './folders.ts';

/** Removes what attempts up to this one have left beside a place; `at` is how a name beside it is reached. */
export async function removeTemporaries(
  restoreId: string,
  location: Buffer,
  attempts: number,
  at = (name: Buffer) => joined(directoryOf(location), name),
): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    await removeIfThere(at(temporaryNameOf(restoreId, location, attempt)));
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
