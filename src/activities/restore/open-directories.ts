import { chmod, lstat } from 'node:fs/promises';
import type { EncodedPath } from '../../shared/encoded-path.ts';
import { directoryOf, locationOf, parentOf, requireInside } from './places.ts';

const ownersAll = 0o700;

/**
 * Does `work`; where permissions forbid it, opens up for the worker's user those folders around `path` that `mayChange` allows, and tries
 * once more. They get their own permissions back at the end of the restore.
 */
export async function withOpenDirectories<T>(
  realTarget: string,
  path: EncodedPath,
  mayChange: (folder: EncodedPath) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    const isOpened = await openUp(realTarget, parentOf(path), mayChange).catch(() => false);
    if (!isOpened) throw error;
    return work();
  }
}

/** Whether there was anything to open. From the top down: a closed folder hides those in it. */
async function openUp(
  realTarget: string,
  path: EncodedPath,
  mayChange: (folder: EncodedPath) => boolean,
): Promise<boolean> {
  if (path === '') return false;
  const above = await openUp(realTarget, parentOf(path), mayChange);
  const location = locationOf(realTarget, path);
  const found = await lstat(location);
  if (!found.isDirectory() || (found.mode & ownersAll) === ownersAll || !mayChange(path)) return above;
  await requireInside(realTarget, directoryOf(location));
  await chmod(location, (found.mode & 0o7777) | ownersAll);
  return true;
}
