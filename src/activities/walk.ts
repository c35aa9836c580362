import { lstatSync, type BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { createDirectoryCheck } from '../shared/confine.ts';
import { comparePaths, encodeText, type EncodedPath } from '../shared/encoded-path.ts';
import type { EntryKind, PageEntry } from '../shared/manifest.ts';
import { readDirectoryNames, type Directory, type ReadNames } from './walk/directory-names.ts';
import { firstWithin, nextBatch, type Child, type Level } from './walk/level.ts';
import { createThreadChoice, type ThreadChoice } from './thread-choice.ts';
import { createDeviceCheck } from './walk/local-devices.ts';

// So many names of open directories, some megabytes, are held in memory; what is more is sorted in files.
const usualNamesInMemory = 50_000;
// Deep down in a tree of large directories, each may still hold so many.
const fewestNames = 256;
// Milliseconds for 64 of them at most. What the system has in its cache takes a tenth of it; what takes longer had to wait for the disk.
const quickBatch = 2;
const batchesInOneTurn = 4;

/** How a walk reads directories; each has its usual value. */
export interface WalkOptions {
  readonly readNames?: ReadNames | undefined;
  /** Most names of all directories on the way to where it is that are held in memory. */
  readonly namesInMemory?: number | undefined;
}

/**
 * Everything below `root`, a real path, in the order of {@link entryKey}, starting after the entry whose key is `after`. Reads one directory at
 * a time, and after a resume only those on the way to `after`. A directory that cannot be read, or that leads out of the root by
 * now, is an entry with an error; what vanishes meanwhile is left out. Holds a bounded number of names, whatever the tree.
 */
export async function* walk(root: string, after?: string, options: WalkOptions = {}): AsyncGenerator<PageEntry, void> {
  // A stack instead of recursion: a tree thousands of levels deep would otherwise pass each entry through as many generators.
  const open: Level[] = [];
  const enter = createEntrance(open, after, options);
  const isLocal = createDeviceCheck();
  const threadChoice = createThreadChoice({ quick: quickBatch, callsInOneTurn: batchesInOneTurn });
  const enterLocated = async (path: EncodedPath, location: Buffer, size: number, device: bigint | undefined) =>
    enter(path, { location, ...((await isLocal(device, location)) && { size }) });
  const enterBelow = async ({ location, path }: Child, { entry: { size }, device }: Found) => {
    await createDirectoryCheck(root)(location);
    await enterLocated(path, location, size, device);
  };
  try {
    const top = Buffer.from(root);
    const { size, dev } = await lstat(top, { bigint: true });
    await enterLocated('', top, Number(size), dev);
    for (let level = open.at(-1); level; level = open.at(-1)) {
      const batch = await nextBatch(level);
      if (batch.length === 0) await open.pop()?.names.release(true);
      const all = await inspectAll(batch, level.isLocal, threadChoice);
      for (const [i, child] of batch.entries()) {
        const found = all[i];
        if (!found) continue;
        const entry = child.isDirectory ? await entered(child, found, enterBelow) : found.entry;
        if (isAfter(child, after)) yield entry;
      }
    }
  } finally {
    for (const { names } of open) await names.release(false);
  }
}

function isAfter({ key }: Child, cursor: string | undefined): boolean {
  return cursor === undefined || comparePaths(key, cursor) > 0;
}

/** Makes what reads a directory and puts it on top of those that are open. */
function createEntrance(
  open: Level[],
  after: string | undefined,
  { readNames = readDirectoryNames, namesInMemory = usualNamesInMemory }: WalkOptions,
) {
  return async (path: EncodedPath, directory: Directory): Promise<void> => {
    const held = open.reduce((sum, { names }) => sum + (names.inMemory ?? fewestNames), 0);
    const fewest = Math.min(fewestNames, namesInMemory);
    const names = await readNames(directory, Math.max(fewest, namesInMemory - held));
    const chunks = names.from(firstWithin(path, after));
    const isLocal = directory.size !== undefined;
    open.push({ location: directory.location, path, isLocal, names, chunks, keys: [], next: 0 });
  };
}

/** Enters what was found to be a directory. Tells in its entry why that is not possible; what is gone by now is as good as empty. */
async function entered(
  child: Child,
  found: Found,
  enter: (child: Child, found: Found) => Promise<void>,
): Promise<PageEntry> {
  const { entry } = found;
  if (entry.error !== undefined) return entry;
  try {
    await enter(child, found);
    return entry;
  } catch (error) {
    return isGone(error) ? entry : { ...entry, error: reasonOf(error) };
  }
}

/** What is at a path, and on which device where that is known. */
interface Found {
  readonly entry: PageEntry;
  readonly device?: bigint;
}

/** Looks at children side by side, or one after the other in this thread, which for what is in the system's cache costs a third. */
async function inspectAll(
  batch: readonly Child[],
  isLocal: boolean,
  { isForThread, onDone }: ThreadChoice,
): Promise<(Found | undefined)[]> {
  if (!isLocal || !(await isForThread())) return Promise.all(batch.map((child) => inspect(child)));
  const began = performance.now();
  // Of a directory another file system may hang here, which need not answer.
  const looks = batch.map((child) => (child.isDirectory ? undefined : lookNow(child)));
  onDone(performance.now() - began);
  return Promise.all(batch.map((child, i) => inspect(child, looks[i])));
}

type Look = () => BigIntStats;

function lookNow({ location }: Child): Look {
  try {
    const found = lstatSync(location, { bigint: true });
    return () => found;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function inspect(child: Child, look?: Look): Promise<Found | undefined> {
  try {
    const found = look ? look() : await lstat(child.location, { bigint: true });
    const kind = kindOf(found);
    // Its key would no longer be the one that it was sorted by, and a later page would miss entries.
    if ((kind === 'directory') !== child.isDirectory) return unreadable(child, 'replaced while it was listed');
    const entry = { path: child.path, kind, ...attributesOf(found) };
    if (kind !== 'symlink') return { entry, device: found.dev };
    return { entry: { ...entry, target: encodeText(await readlink(child.location, { encoding: 'buffer' })) } };
  } catch (error) {
    if (isGone(error)) return undefined;
    return unreadable(
      child,
      (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG' ? tooLong(child) : reasonOf(error),
    );
  }
}

function tooLong({ location }: Child): string {
  return `ENAMETOOLONG: its path has ${location.length} bytes, more than the system opens; shorten the names of folders on the way`;
}

function unreadable({ path, isDirectory }: Child, error: string): Found {
  const kind = isDirectory ? 'directory' : 'other';
  return { entry: { path, kind, size: 0, mtimeNs: '0', ctimeNs: '0', mode: 0, error } };
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What a stat says of a file, in the form in which pages and manifests keep it. */
export function attributesOf(found: BigIntStats) {
  return {
    size: Number(found.size),
    mtimeNs: String(found.mtimeNs),
    ctimeNs: String(found.ctimeNs),
    mode: Number(found.mode & 0o7777n),
  };
}

function kindOf(found: BigIntStats): EntryKind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}

/** The code and words of a system error, without the path that Node puts in it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'syscall' in error ? (error.message.split(', ')[0] ?? error.message) : error.message;
}
