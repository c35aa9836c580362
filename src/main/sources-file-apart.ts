import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { usualSourcesFile } from '../client/sources/sources-file.ts';
import type { Config } from '../config.ts';
import { isInside } from '../shared/confine.ts';
import { ExpectedError } from '../shared/failures.ts';

/**
 * Keeps what a worker restores apart from what it runs: throws an {@link ExpectedError} where the commands of the sources file may be
 * run while the file, which need not be there yet, lies where a restore may write.
 */
export async function requireSourcesFileApart({ worker, sourcesFile, backupRoots }: Config): Promise<void> {
  if (!worker.allowCommands) return;
  const file = resolve(sourcesFile ?? usualSourcesFile);
  // Itself, where it leads, and a link on the way: either could be replaced.
  const places = [file, join(await realOrGiven(dirname(file)), basename(file)), await realOrGiven(file)];
  for (const root of backupRoots) {
    const folders = [resolve(root), await realOrGiven(resolve(root))];
    if (!places.some((place) => folders.some((folder) => isInside(place, folder)))) continue;
    throw new ExpectedError(
      'InvalidConfiguration',
      `ALLOW_COMMANDS: the sources file ${file} lies in ${root} of BACKUP_ROOTS, where a restore could replace it and so run any program: move it out of there and name it by DURABLE_BACKUP_CONFIG, or name narrower BACKUP_ROOTS`,
    );
  }
}

function realOrGiven(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
