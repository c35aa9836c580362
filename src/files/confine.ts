import { open, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';
import { isInside, isWithin } from './paths.ts';

/**
 * The real path of `path`, which must lie in one of `roots` after every symlink is resolved.
 * Throws an {@link ExpectedError} of type `RootNotAllowed` otherwise, and the system's error when there is no such path.
 */
export async function confine(path: string, roots: readonly string[]): Promise<string> {
  const real = await realpath(path);
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => undefined);
    if (realRoot !== undefined && isInside(real, realRoot)) return real;
  }
  throw new ExpectedError(
    failureTypes.rootNotAllowed,
    `${path} is outside the directories that this worker may read (${roots.join(', ')}): add it to BACKUP_ROOTS of the worker`,
  );
}

// As many as Linux follows.
const mostLinks = 40;

/**
 * The one of `roots` in which a file lies, which need not be there yet: as it is named, where it leads, or by a link on the way, for each
 * of these could be replaced. Undefined when it is in none.
 */
export async function rootAround(file: string, roots: readonly string[]): Promise<string | undefined> {
  const places = await placesOnTheWay(resolve(file));
  for (const root of roots) {
    const folders = [resolve(root), await realOrGiven(resolve(root))];
    if (places.some((place) => folders.some((folder) => isInside(place, folder)))) return root;
  }
  return undefined;
}

async function placesOnTheWay(file: string): Promise<string[]> {
  const places: string[] = [];
  let next: string | undefined = file;
  for (let links = 0; next !== undefined && links <= mostLinks; links += 1) {
    const place: string = join(await realOrGiven(dirname(next)), basename(next));
    places.push(next, place);
    const leadsTo: string | undefined = await readlink(place).catch(() => undefined);
    next = leadsTo === undefined ? undefined : resolve(dirname(place), leadsTo);
  }
  return places;
}

function realOrGiven(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/**
 * Tells whether directories below `root` are still below it: one replaced by a symlink after it was listed would lead elsewhere.
 * The answers are kept for the lifetime of the returned function, one activity.
 */
export function createDirectoryCheck(realRoot: string): (directory: Buffer) => Promise<void> {
  const root = Buffer.from(realRoot);
  const known = new Map<string, Promise<void>>();
  return (directory) => {
    const key = directory.toString('latin1');
    const check = known.get(key) ?? checkInside(directory, root);
    known.set(key, check);
    return check;
  };
}

// From here on, looking at each folder on the way takes longer than opening the last.
const longPath = 512;
/** A flag of Linux: opens what may not be read, too, and only as a way to what is in it. */
export const pathOnly = 0o10000000;

async function realPathOf(directory: Buffer): Promise<Buffer> {
  if (directory.length < longPath || process.platform !== 'linux') return realpath(directory, { encoding: 'buffer' });
  const handle = await open(directory, pathOnly);
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`, { encoding: 'buffer' });
  } finally {
    await handle.close();
  }
}

async function checkInside(directory: Buffer, root: Buffer): Promise<void> {
  if (!isWithin(await realPathOf(directory), root)) {
    throw new ExpectedError(
      failureTypes.rootNotAllowed,
      `${directory.toString()} now leads out of the directory being backed up`,
    );
  }
}

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
