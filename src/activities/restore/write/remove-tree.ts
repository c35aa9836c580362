import { opendir, rmdir, unlink } from 'node:fs/promises';
import type { Folder } from '../target/folder.ts';

/** Removes what has this name in a folder and, of a directory, all that is in it. Links go and are not followed. */
export async function removeTree(folder: Folder, name: Buffer): Promise<void> {
  const directory = await openDirectory(folder, name);
  if (directory === undefined) return unlink(folder.at(name));
  try {
    for await (const { name: child } of await namesIn(directory)) await removeTree(directory, child);
  } finally {
    await directory.close();
  }
  await rmdir(folder.at(name));
}

async function openDirectory(folder: Folder, name: Buffer): Promise<Folder | undefined> {
  try {
    return await folder.open(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function namesIn({ self }: Folder): Promise<AsyncIterable<{ readonly name: Buffer }>> {
  // The types of Node know no names as bytes here.
  const asBytes = { encoding: 'buffer' as BufferEncoding };
  return (await opendir(self, asBytes)) as unknown as AsyncIterable<{ readonly name: Buffer }>;
}
