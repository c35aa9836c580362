import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparePaths } from '../../contracts/encoded-path.ts';
import { readBlock, writeAll } from '../open-file.ts';

// Bytes that are read at once, some hundred names. A merge holds one block of each run.
const blockLength = 16 * 1024;
// Keys that a reader gets at a time.
const chunkLength = 256;

/** Sorts more keys than memory is to hold: sorted parts of them are written to a file, and merged whenever they are read. */
export interface NameSpill {
  /** Takes a sorted part. */
  readonly add: (keys: readonly string[]) => Promise<void>;
  /** All that was added and is not before `first`, in order, each once. */
  readonly from: (first: string) => AsyncGenerator<readonly string[], void>;
  readonly close: () => Promise<void>;
}

/** Makes an empty one. Its file is in the system's directory for temporary files, under no name, so that it goes with the process. */
export async function createNameSpill(): Promise<NameSpill> {
  const folder = tmpdir();
  const file = await openNameless(folder).catch((error: unknown) => {
    throw explained(error, folder);
  });
  const runs: SortedRun[] = [];
  return {
    async add(keys) {
      try {
        runs.push(await writeRun(file, runs.at(-1)?.end ?? 0, keys));
      } catch (error) {
        throw explained(error, folder);
      }
    },
    from: (first) => mergeSorted(runs.map((run) => readRun(file, run, first))),
    close: () => file.close(),
  };
}

// Without a name it takes no cleaning up, however the process ends.
async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `durable-backup-names-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

// Not the system's own error, which would be taken for one of the directory.
function explained(error: unknown, folder: string): Error {
  const { message } = error as Error;
  return new Error(
    `a directory has too many names to sort them in memory, and a temporary file could not be written (${message}): ` +
      `make space in ${folder}, or set TMPDIR to a directory that can be written`,
    { cause: error },
  );
}

/** A sorted part of keys in a file, one in each line: an encoded name holds no line break. */
interface SortedRun {
  readonly blocks: readonly Block[];
  /** Where it ends in the file, exclusive. */
  readonly end: number;
}

/** What is read at once. */
interface Block {
  readonly first: string;
  readonly offset: number;
}

/** Writes sorted keys from `start` on. */
async function writeRun(file: FileHandle, start: number, keys: readonly string[]): Promise<SortedRun> {
  const blocks: Block[] = [];
  const parts: Buffer[] = [];
  let end = start;
  for (let next = 0; next < keys.length;) {
    const first = keys[next] ?? '';
    let text = '';
    for (; next < keys.length && text.length < blockLength; next += 1) text += `${keys[next]}\n`;
    const part = Buffer.from(text);
    blocks.push({ first, offset: end });
    parts.push(part);
    end += part.length;
  }
  await writeAll(file, Buffer.concat(parts), start);
  return { blocks, end };
}

/** Reads the keys of a run that are not before `first`. */
async function* readRun(
  file: FileHandle,
  { blocks, end }: SortedRun,
  first: string,
): AsyncGenerator<readonly string[], void> {
  const begin = Math.max(
    0,
    blocks.findLastIndex((block) => comparePaths(block.first, first) <= 0),
  );
  for (const [i, { offset }] of blocks.entries()) {
    if (i < begin) continue;
    const block = await readBlock(file, offset, (blocks[i + 1]?.offset ?? end) - offset);
    const keys = block.toString().split('\n').slice(0, -1);
    const rest = i === begin ? keys.filter((key) => comparePaths(key, first) >= 0) : keys;
    if (rest.length > 0) yield rest;
  }
}

/** Where the merge stands in one of its sources. */
interface Head {
  readonly source: AsyncGenerator<readonly string[], void>;
  keys: readonly string[];
  next: number;
  /** The key that is next. */
  key: string;
}

/** Merges sources of sorted keys, each of which never gives none at a time, into one of the same kind; equal keys become one. */
async function* mergeSorted(
  sources: readonly AsyncGenerator<readonly string[], void>[],
): AsyncGenerator<readonly string[], void> {
  // The least is last, where it is taken and put back cheapest.
  const heads: Head[] = [];
  for (const source of sources) {
    const head = { source, keys: [], next: 0, key: '' };
    if (await advance(head)) putBack(heads, head);
  }
  let chunk: string[] = [];
  let last: string | undefined;
  for (let head = heads.pop(); head; head = heads.pop()) {
    if (head.key !== last) chunk.push(head.key);
    last = head.key;
    if (advanceInMemory(head) || (await advance(head))) putBack(heads, head);
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

// Apart from what may read, because it is done for every key.
function advanceInMemory(head: Head): boolean {
  const key = head.keys[head.next];
  if (key === undefined) return false;
  head.key = key;
  head.next += 1;
  return true;
}

async function advance(head: Head): Promise<boolean> {
  const { value } = await head.source.next();
  head.keys = value ?? [];
  head.next = 0;
  return advanceInMemory(head);
}

function putBack(heads: Head[], head: Head): void {
  let [from, to] = [0, heads.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (comparePaths(heads[middle]?.key ?? '', head.key) > 0) from = middle + 1;
    else to = middle;
  }
  heads.splice(from, 0, head);
}
