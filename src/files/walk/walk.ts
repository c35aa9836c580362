import { lstatSync, type BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { encodeText, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { PageEntry } from '../../contracts/manifest.ts';
import { createTurn } from '../../lib/create-turn.ts';
import { reasonOf } from '../../lib/message-of.ts';
import { createDirectoryCheck } from '../confine.ts';
import { createDeviceCheck } from '../disks.ts';
import { attributesOf, kindOf, specialOf } from '../stat.ts';
import { createThreadChoice, type ThreadChoice } from '../thread-choice.ts';
import { namesInMemory as namesOf, readDirectoryNames, type Directory, type ReadNames } from './directory-names.ts';
import { firstWithin, isAfter, leadsTo, leave, nextBatch, wasEntered, type Level } from './level.ts';
import {
  isLeftOut,
  type Child,
  type Entrance,
  type Found,
  type Inspect,
  type LeftOut,
  type Scope,
  type Selection,
} from './scope.ts';

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
  /** What is listed; everything unless given. */
  readonly selection?: Selection | undefined;
  /** Opens each directory below the root; unless given, they are checked and reached by their paths. */
  readonly openDirectory?: OpenDirectory | undefined;
}

/** A directory that is being read. */
export interface DirectoryHandle {
  /** How it is reached, and what is in it. */
  readonly location: Buffer;
  readonly release: () => Promise<void>;
}

/** Opens a directory that was found. Throws when it may not be read. */
export type OpenDirectory = (location: Buffer) => Promise<DirectoryHandle>;

/**
 * Everything below `root`, a real path, in the order of {@link entryKey}, starting after the entry whose key is `after`. Reads one directory at
 * a time, and after a resume only those on the way to `after`. A directory that cannot be read, or that leads out of the root by
 * now, is an entry with an error; what vanishes meanwhile is left out. Holds a bounded number of names, whatever the tree.
 */
export async function* walk(root: string, after?: string, options: WalkOptions = {}): AsyncGenerator<PageEntry, void> {
  // A stack instead of recursion: a tree thousands of levels deep would otherwise pass each entry through as many generators.
  const open: Level[] = [];
  const { selection } = options;
  const openDirectory = openerOf(root, options);
  const enter = createEntrance(open, after, options);
  const threadChoice = createThreadChoice({ quick: quickBatch, callsInOneTurn: batchesInOneTurn });
  const located = createLocator();
  const leaveOut = async (leftOut: LeftOut, child: Child, only: readonly string[] = []): Promise<undefined> => {
    // One that was entered up to the cursor, and is left out by now, has more in it that no page tells of.
    if (isAfter(child, after) || wasEntered(child, after, only)) await selection?.onLeftOut(leftOut);
  };
  const enterBelow = async (child: Child, found: Found, scope: Scope | undefined) => {
    const { path } = child;
    const { location, release } = await openDirectory(child.location);
    const content = await orRelease(release, async () => {
      const next = await scope?.enter(child, found);
      const directory = await located(location, found.entry.size, found.device);
      await enter(path, { ...directory, release }, next);
      return next?.content;
    });
    if (content) await leaveOut({ path, isDirectory: true, isContent: true, why: content.why }, child, content.only);
  };
  const entryOf = async (child: Child, found: Found | LeftOut | undefined, scope: Scope | undefined) => {
    if (!found) return undefined;
    if (isLeftOut(found)) return leaveOut(found, child);
    const entry = await entered(found, () => enterBelow(child, found, scope));
    if (entry.error !== undefined && leadsTo(child, after)) throw new Error(`${entry.path}: ${entry.error}`);
    return entry;
  };
  try {
    const top = Buffer.from(root);
    const { size, dev } = await lstat(top, { bigint: true });
    await enter('', { ...(await located(top, Number(size), dev)), release: nothing }, selection?.root);
    const turn = createTurn();
    for (let level = open.at(-1); level; level = open.at(-1)) {
      // What is left out by name alone never waits for the disk.
      await turn.giveWay();
      const batch = await nextBatch(level);
      if (batch.length === 0) {
        open.pop();
        await leave(level, true);
      }
      const all = await lookAtAll(level, batch, threadChoice);
      for (const [i, child] of batch.entries()) {
        const entry = plainEntry(child, all[i]) ?? (await entryOf(child, all[i], level.scope));
        if (entry && isAfter(child, after)) yield entry;
      }
    }
  } finally {
    for (const level of open) await leave(level, false);
  }
}

/** The entry of what there is nothing else to do about. */
function plainEntry({ isDirectory }: Child, found: Found | LeftOut | undefined): PageEntry | undefined {
  return isDirectory || !found || isLeftOut(found) ? undefined : found.entry;
}

/** Tells the size of a directory's own bytes only where that is on a disk of this machine. */
function createLocator() {
  const isLocal = createDeviceCheck();
  return async (location: Buffer, size: number, device: bigint | undefined): Promise<Directory> => ({
    location,
    ...((await isLocal(device, location)) && { size }),
  });
}

/** Makes what reads a directory and puts it on top of those that are open. */
function createEntrance(
  open: Level[],
  after: string | undefined,
  { readNames = readDirectoryNames, namesInMemory = usualNamesInMemory }: WalkOptions,
) {
  return async (
    path: EncodedPath,
    { location, size, release }: Directory & DirectoryHandle,
    entrance?: Entrance,
  ): Promise<void> => {
    const held = open.reduce((sum, { names }) => sum + (names.inMemory ?? fewestNames), 0);
    const fewest = Math.min(fewestNames, namesInMemory);
    const { content, isFolder } = entrance ?? {};
    const room = Math.max(fewest, namesInMemory - held);
    const names = content ? namesOf(content.only) : await readNames({ location, size, isFolder }, room);
    const chunks = names.from(firstWithin(path, after));
    const scope = await entrance?.open(names).catch(async (error: unknown) => {
      await names.release(true);
      throw error;
    });
    open.push({ location, path, release, isLocal: size !== undefined, names, chunks, keys: [], next: 0, scope });
  };
}

/** Enters what was found to be a directory. Tells in its entry why that is not possible; what is gone by now is as good as empty. */
async function entered({ entry }: Found, enter: () => Promise<void>): Promise<PageEntry> {
  if (entry.error !== undefined) return entry;
  try {
    await enter();
    return entry;
  } catch (error) {
    return isGone(error) ? entry : { ...entry, error: reasonOf(error) };
  }
}

type Look = () => BigIntStats;

const none: ReadonlyMap<Child, Look> = new Map();

const plain: NonNullable<Scope['look']> = (child, look) => look(child);

/** What each child of a directory is, or why it is left out; what its name leaves out is not looked at. */
async function lookAtAll(
  { scope, isLocal }: Level,
  batch: readonly Child[],
  choice: ThreadChoice,
): Promise<readonly (Found | LeftOut | undefined)[]> {
  const leftOut = scope?.byName ? batch.map(scope.byName) : [];
  const kept = scope?.byName ? batch.filter((_, i) => !leftOut[i]) : batch;
  const looks = isLocal ? await lookNow(kept, choice) : none;
  const look: Inspect = (child) => inspect(child, looks.get(child));
  const found = await Promise.all(kept.map((child) => (scope?.look ?? plain)(child, look)));
  if (kept.length === batch.length) return found;
  let next = 0;
  return batch.map((_, i) => leftOut[i] ?? found[next++]);
}

/** Looks at files in this thread while that is quick: for what is in the system's cache it costs a third of a trip through the pool. */
async function lookNow(batch: readonly Child[], choice: ThreadChoice): Promise<ReadonlyMap<Child, Look>> {
  // Of a directory another file system may hang here, which need not answer.
  const files = batch.filter(({ isDirectory }) => !isDirectory);
  if (files.length === 0 || !(await choice.isForThread())) return none;
  const began = performance.now();
  const looks = new Map(files.map((child) => [child, lookAt(child)]));
  choice.onDone(performance.now() - began);
  return looks;
}

function lookAt({ location }: Child): Look {
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
    const special = kind === 'other' && { special: specialOf(found) };
    const entry = { path: child.path, kind, ...special, ...attributesOf(found) };
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

/** Unless a walk is told how, it reaches directories by their paths, once it is known that these do not lead out of the root. */
function openerOf(root: string, { openDirectory, selection }: WalkOptions): OpenDirectory {
  const checkDirectory = selection?.checkDirectory ?? createDirectoryCheck(root);
  const byPath: OpenDirectory = async (location) => {
    await checkDirectory(location);
    return { location, release: nothing };
  };
  return openDirectory ?? byPath;
}

/** For a directory that is not held open. */
function nothing(): Promise<void> {
  return Promise.resolve();
}

/** Does what a directory is wanted for; lets go of it where that fails. */
async function orRelease<T>(release: DirectoryHandle['release'], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await release();
    throw error;
  }
}
