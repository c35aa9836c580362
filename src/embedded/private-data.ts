import { chmod } from 'node:fs/promises';
import { join } from 'node:path';

import { makeFolder } from './make-folder.ts';

const databases = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm'];

/** What a process is started with so that nobody but its user may read the files that it makes. */
export const privateUmask = 0o077;

/**
 * Makes the folders of the embedded servers in `dataDir` where they are missing, and closes what is there to all but its owner. Of
 * `dataDir` itself only what is made now, for it may hold what is meant for others too.
 */
export async function keepPrivate(dataDir: string, report: (line: string) => void): Promise<void> {
  await makeFolder(dataDir, 0o700);
  for (const folder of ['stack', 'azurite']) {
    const path = join(dataDir, folder);
    await makeFolder(path, 0o700);
    await close(path, 0o700, report);
  }
  for (const file of databases) await close(join(dataDir, file), 0o600, report);
}

async function close(path: string, mode: number, report: (line: string) => void): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Some file systems know no modes; what cannot be written at all shows soon enough.
    if (code !== 'ENOENT') report(`${path} cannot be closed to other users of this machine (${code}).`);
  }
}
