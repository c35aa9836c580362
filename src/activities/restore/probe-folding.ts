import { lstat, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Folding } from './name-clashes.ts';
import { temporaryPrefix } from './places.ts';

/** Finds out, by a file that is gone again afterwards, which names the file system of a directory takes for one. */
export async function probeFolding(directory: string, id: string): Promise<Folding> {
  // The same for every attempt, so that the next one removes what an attempt that was killed has left.
  const nameOf = (end: string) => join(directory, `${temporaryPrefix}${id}-${end}`);
  const probe = nameOf('a\u00e9');
  await writeFile(probe, '');
  try {
    return { case: await exists(nameOf('A\u00e9')), unicode: await exists(nameOf('ae\u0301')) };
  } finally {
    await rm(probe, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
