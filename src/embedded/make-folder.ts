import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are missing; one that is there stays as it is. Throws the system's error: of a file system
 * that is mounted read-only Node itself would say that there is no such file.
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw (await reasonOf(path)) ?? error;
  }
}

/** Why the first of the missing directories cannot be made. */
async function reasonOf(path: string): Promise<unknown> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      await mkdir(folder);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) return error;
    }
  }
}
