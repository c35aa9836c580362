import { comparePaths, decodePath, type EncodedPath } from '../../contracts/encoded-path.ts';
import { afterUnread } from '../../contracts/manifest.ts';
import { joined } from '../paths.ts';
import type { DirectoryNames } from './directory-names.ts';
import type { Child, Scope } from './scope.ts';

// Enough to keep the thread pool busy; more only holds memory.
const statsAtOnce = 64;

/** A directory being walked. */
export interface Level {
  readonly location: Buffer;
  readonly path: EncodedPath;
  /** Lets go of the directory. */
  readonly release: () => Promise<void>;
  /** Whether it is known to be on a disk of this machine. */
  readonly isLocal: boolean;
  readonly names: DirectoryNames;
  readonly chunks: AsyncGenerator<readonly string[], void>;
  /** Those of the present chunk. */
  keys: readonly string[];
  /** The first of them not yet seen. */
  next: number;
  /** What decides about them; undefined where everything is listed. */
  readonly scope: Scope | undefined;
}

/** The children that are looked at together; none at the end. A directory's come before its next sibling, so it is the last of its batch. */
export async function nextBatch(level: Level): Promise<readonly Child[]> {
  if (level.next === level.keys.length) {
    const { value } = await level.chunks.next();
    level.keys = value ?? [];
    level.next = 0;
  }
  const keys = level.keys.slice(level.next, level.next + statsAtOnce);
  const directory = keys.findIndex(isDirectoryKey);
  const batch = directory === -1 ? keys : keys.slice(0, directory + 1);
  level.next += batch.length;
  return batch.map((key) => childOf(level, key));
}

function childOf({ location, path }: Level, key: string): Child {
  const isDirectory = isDirectoryKey(key);
  const segment = isDirectory ? key.slice(0, -1) : key;
  const parent = path === '' ? '' : `${path}/`;
  return {
    location: joined(location, decodePath(segment)),
    path: parent + segment,
    key: parent + key,
    isDirectory,
  };
}

/** Lets go of a directory. `isDone` says that nobody is going to ask for more of its names. */
export async function leave({ names, release }: Level, isDone: boolean): Promise<void> {
  await names.release(isDone);
  await release();
}

function isDirectoryKey(key: string): boolean {
  return key.endsWith('/');
}

/** The first key in a directory that may come after the cursor, or that leads to what does; all keys are after an empty one. */
export function firstWithin(path: EncodedPath, after = ''): string {
  const folder = path === '' ? '' : `${path}/`;
  if (!after.startsWith(folder)) return '';
  const rest = after.slice(folder.length);
  const end = rest.indexOf('/');
  return end === -1 ? rest : rest.slice(0, end + 1);
}

/** Whether what comes after the cursor may lie in it: an earlier page tells of it, so what is wrong with it now would be told nowhere. */
export function leadsTo({ key, isDirectory }: Child, cursor: string | undefined): boolean {
  return isDirectory && cursor?.startsWith(key) === true && cursor !== afterUnread(key);
}

/** Whether it comes after the cursor; everything does where there is none. */
export function isAfter({ key }: Child, cursor: string | undefined): boolean {
  return cursor === undefined || comparePaths(key, cursor) > 0;
}

/** Whether the listing came into it up to the cursor, and not just to one of these names, which are all that is listed where it is left out. */
export function wasEntered(child: Child, cursor: string | undefined, only: readonly string[]): boolean {
  const isInside = leadsTo(child, cursor) && cursor !== child.key;
  return isInside && !only.some((name) => cursor === child.key + name);
}
