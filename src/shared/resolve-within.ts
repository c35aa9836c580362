import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { ExpectedError, failureTypes } from './failures.ts';

/** Where a path leads, every symlink resolved. */
export type ResolveWithin = (location: Buffer) => Promise<Buffer>;

/**
 * Makes the function that resolves paths to what lies in one of `roots`; it throws an {@link ExpectedError} of type `RootNotAllowed` for
 * what does not, and the system's error for what cannot be resolved. A root that is not there holds nothing.
 */
export async function createResolver(roots: readonly string[]): Promise<ResolveWithin> {
  const real = await Promise.all(roots.map((root) => realpath(root, { encoding: 'buffer' }).catch(() => undefined)));
  const allowed = real.filter((root) => root !== undefined);
  return async (location) => {
    const found = await realpath(location, { encoding: 'buffer' });
    if (allowed.some((root) => isWithin(found, root))) return found;
    throw new ExpectedError(
      failureTypes.rootNotAllowed,
      `leads to ${found.toString()}, outside the directories that the worker may read: add it to BACKUP_ROOTS of the worker`,
    );
  };
}

/** Whether a real path is `folder` or lies in it. */
export function isWithin(path: Buffer, folder: Buffer): boolean {
  const ended = (name: Buffer) => (name.at(-1) === sep.charCodeAt(0) ? name : Buffer.concat([name, Buffer.from(sep)]));
  const [inner, outer] = [ended(path), ended(folder)];
  return inner.subarray(0, outer.length).equals(outer);
}
