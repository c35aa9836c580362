import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Folder } from './folder.ts';

/** Opens a folder for what takes more than to reach names in it, such as to sync it. Throws the system's errors. */
export function openToRead({ self }: Folder): Promise<FileHandle> {
  return open(self, constants.O_RDONLY | constants.O_DIRECTORY);
}
