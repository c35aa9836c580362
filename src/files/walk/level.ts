import { decodePath, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { DirectoryNames } from './directory-names.ts';
import type { Scope } from './scope.ts';

const slash = Buffer.from('/');
// Enough to keep the thread pool busy; more only holds memory.
const statsAtOnce = 64;

/** What a directory holds under a name. */
export interface Child {
  readonly location: Buffer;
  readonly path: EncodedPath;
  /** Its key in the whole listing. */
  readonly key: string;
  readonly isDirectory: boolean;
}

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
    location: Buffer.concat([location, slash, decodePath(segment)]),
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
