import { lstat, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Folding } from './name-clashes.ts';
import { temporaryPrefix } from './places.ts';

/** Finds out, by a file that is gone again afterwards, which names the file system of a directory takes for one. */
export async function probeFolding(directory: string, id: string): Promise<Folding> {
  // Two that probe at the same time do not see each other's.
  const nameOf = (end: string) => join(directory, `${temporaryPrefix}${id}-${process.pid}-${end}`);
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
