import { lstat, unlink, writeFile } from 'node:fs/promises';
import type { Folder } from '../target/folder.ts';
import type { Folding } from './name-clashes.ts';
import type { OpenableTarget } from '../target/open-directories.ts';
import { newFile } from '../write/new-file.ts';
import { temporaryPrefix } from '../target/places.ts';
import { makeTemporary } from '../write/temporaries.ts';

/** Finds out, by a file that is gone again afterwards, which names the file system of a target takes for one. */
export function probeFolding({ folders, withOpenDirectories }: OpenableTarget, id: string): Promise<Folding> {
  return withOpenDirectories(temporaryPrefix, () => folders.within('', (folder) => probeIn(folder, id)));
}

async function probeIn(folder: Folder, id: string): Promise<Folding> {
  // The same for every attempt, so that the next one removes what an attempt that was killed has left.
  const at = (end: string) => folder.at(Buffer.from(`${temporaryPrefix}${id}-${end}`));
  const probe = at('a\u00e9');
  await makeTemporary(probe, () => writeFile(probe, '', { flag: newFile }));
  try {
    return { case: await exists(at('A\u00e9')), unicode: await exists(at('ae\u0301')) };
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

async function exists(location: Buffer): Promise<boolean> {
  try {
    await lstat(location);
    return true;
  } catch {
    return false;
  }
}
