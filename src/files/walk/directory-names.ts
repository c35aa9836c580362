import type { Dirent } from 'node:fs';
import { lstat, opendir, readdir, stat } from 'node:fs/promises';
import { comparePaths, encodeSegment } from '../../contracts/encoded-path.ts';
import { joined } from '../paths.ts';
import { createNameSpill, type NameSpill } from './name-spill.ts';

/**
 * What is in one directory, as the keys of a listing: the encoded name, with a slash at its end when it is a directory. None comes twice.
 */
export interface DirectoryNames {
  /** How many of them are held in memory; undefined when they are in a file. */
  readonly inMemory: number | undefined;
  /** Those that are not before `first`, in order and some at a time; never none at a time. */
  readonly from: (first: string) => AsyncGenerator<readonly string[], void>;
  /** Lets go of them. `isDone` says that nobody is going to ask for more of them. */
  readonly release: (isDone: boolean) => Promise<void>;
}

export interface Directory {
  readonly location: Buffer;
  /** Its own bytes on a disk of this machine, where each name takes one at least; absent where that is not known. */
  readonly size?: number | undefined;
  /** Whether a symlink in it counts as a directory; none does unless given. */
  readonly isFolder?: ((link: Buffer) => Promise<boolean>) | undefined;
}

/** Reads the names in a directory and holds at most `room` of them in memory. Throws the system's errors. */
export type ReadNames = (directory: Directory, room: number) => Promise<DirectoryNames>;

// What is read of a stream at once.
const namesAtOnce = 256;

// Some file systems do not tell the kinds of names, so Node looks at each, and throws its error for the directory when a file has vanished.
const mostReads = 3;

/** Makes a reader that reads a directory again while only something in it vanished; with the system's error that is as if all of it had. */
export function readingAgain(read: ReadNames): ReadNames {
  return async (directory, room) => {
    for (let reads = 1; ; reads += 1) {
      try {
        return await read(directory, room);
      } catch (error) {
        if (!isAboutNothing(error) || !(await isThere(directory))) throw error;
        if (reads === mostReads)
          throw new Error('files vanish while it is read; retry when less changes', { cause: error });
      }
    }
  };
}

function isAboutNothing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

// Where links are followed, it may be one.
async function isThere({ location, isFolder }: Directory): Promise<boolean> {
  const found = await (isFolder ? stat : lstat)(location).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Reads a directory. What does not fit into the room goes, sorted, into a file that has no name. */
export const readDirectoryNames: ReadNames = readingAgain(async (directory, room) => {
  const { location, size = Infinity, isFolder } = directory;
  // One call is quicker than a stream, and most directories are small.
  if (size <= room && !isFolder) return namesInMemory(sorted((await readdir(location, asBytes)).map(keyOf)));
  const { keys, spill } = await readInParts(directory, room);
  return spill ? { inMemory: undefined, from: spill.from, release: spill.close } : namesInMemory(sorted(keys));
});

async function readInParts(directory: Directory, room: number): Promise<{ keys: string[]; spill?: NameSpill }> {
  // The types of Node know no names as bytes here.
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: namesAtOnce };
  const stream = (await opendir(directory.location, options)) as unknown as AsyncIterable<Dirent<Buffer>>;
  let keys: string[] = [];
  let spill: NameSpill | undefined;
  try {
    for await (const entry of stream) {
      if (keys.length >= room) {
        spill ??= await createNameSpill();
        await spill.add(sorted(keys));
        keys = [];
      }
      keys.push(entry.isSymbolicLink() ? await keyOfLink(entry, directory) : keyOf(entry));
    }
    await spill?.add(sorted(keys));
  } catch (error) {
    await spill?.close();
    throw error;
  }
  return { keys, ...(spill && { spill }) };
}

const asBytes = { encoding: 'buffer', withFileTypes: true } as const;

function keyOf(entry: Dirent<Buffer>): string {
  const segment = encodeSegment(entry.name);
  return entry.isDirectory() ? `${segment}/` : segment;
}

async function keyOfLink({ name }: Dirent<Buffer>, { location, isFolder }: Directory): Promise<string> {
  const leads = await isFolder?.(joined(location, name));
  return leads === true ? `${encodeSegment(name)}/` : encodeSegment(name);
}

/** Sorted keys, as they are. */
export function namesInMemory(keys: readonly string[]): DirectoryNames {
  return {
    inMemory: keys.length,
    async *from(first) {
      const rest = first === '' ? keys : keys.filter((key) => comparePaths(key, first) >= 0);
      if (rest.length > 0) yield rest;
    },
    release: () => Promise.resolve(),
  };
}

// A directory that changes while it is read may name something twice.
function sorted(keys: string[]): string[] {
  keys.sort(comparePaths);
  return keys.filter((key, i) => key !== keys[i - 1]);
}
