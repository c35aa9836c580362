import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';

/** Where a path leads, every symlink resolved. */
export type ResolveWithin = (location: Buffer) => Promise<Buffer>;

/** The real paths of directories; one that is not there holds nothing. */
export async function realFolders(folders: readonly string[]): Promise<Buffer[]> {
  const real = await Promise.all(folders.map((name) => realpath(name, { encoding: 'buffer' }).catch(() => undefined)));
  return real.filter((folder) => folder !== undefined);
}

/**
 * Makes the function that resolves paths to what lies in one of `allowed`, real paths; it throws an {@link ExpectedError} of type
 * `RootNotAllowed` for what does not, and the system's error for what cannot be resolved.
 */
export function createResolver(allowed: readonly Buffer[]): ResolveWithin {
  return async (location) => {
    const found = await realpath(location, { encoding: 'buffer' });
    if (allowed.some((root) => isWithin(found, root))) return found;
    throw new ExpectedError(
      failureTypes.rootNotAllowed,
      `leads to ${found.toString()}, outside the directories that the worker may read: add it to BACKUP_ROOTS of the worker`,
    );
  };
}

const separator = sep.charCodeAt(0);

/** Whether a real path is `folder` or lies in it. */
export function isWithin(path: Buffer, folder: Buffer): boolean {
  const end = folder.at(-1) === separator ? folder.length - 1 : folder.length;
  if (path.compare(folder, 0, end, 0, Math.min(end, path.length)) !== 0) return false;
  return path.length === end || path[end] === separator;
}
