import { lstat, readdir, readlink } from 'node:fs/promises';
import type { BigIntStats, Dirent } from 'node:fs';
import { createDirectoryCheck } from '../shared/confine.ts';
import { comparePaths, encodeSegment, encodeText, type EncodedPath } from '../shared/encoded-path.ts';
import { entryKey, type EntryKind, type PageEntry } from '../shared/manifest.ts';

const slash = Buffer.from('/');
// Enough to keep the thread pool busy; more only holds memory.
const statsAtOnce = 64;

interface Child {
  readonly location: Buffer;
  readonly path: EncodedPath;
  readonly key: string;
  readonly isDirectory: boolean;
}

/**
 * Everything below `root`, a real path, in the order of {@link entryKey}, starting after the entry whose key is `after`. Reads one directory at
 * a time, and after a resume only those on the way to `after`. A directory that cannot be read, or that leads out of the root by
 * now, is an entry with an error; what vanishes meanwhile is left out.
 */
export async function* walk(root: string, after?: string): AsyncGenerator<PageEntry> {
  // A stack instead of recursion: a tree thousands of levels deep would otherwise pass each entry through as many generators.
  const checkDirectory = createDirectoryCheck(root);
  const open: Level[] = [{ children: await children(Buffer.from(root), '', after), next: 0 }];
  for (let level = open.at(-1); level; level = open.at(-1)) {
    const batch = nextBatch(level);
    level.next += batch.length;
    if (batch.length === 0) open.pop();
    const entries = await Promise.all(batch.map(inspect));
    for (const [i, child] of batch.entries()) {
      const entry = entries[i];
      if (!entry) continue;
      const below = child.isDirectory ? await openDirectory(child, checkDirectory, after) : {};
      if (after === undefined || comparePaths(child.key, after) > 0) yield { ...entry, ...below.failure };
      if (below.level) open.push(below.level);
    }
  }
}

/** A directory being walked. */
interface Level {
  readonly children: readonly Child[];
  /** The first child not yet seen. */
  next: number;
}

// A directory's children come before its next sibling, so a batch ends with the first directory in it.
function nextBatch(level: Level): readonly Child[] {
  const batch = level.children.slice(level.next, level.next + statsAtOnce);
  const directory = batch.findIndex((child) => child.isDirectory);
  return directory === -1 ? batch : batch.slice(0, directory + 1);
}

async function openDirectory(
  child: Child,
  check: (directory: Buffer) => Promise<void>,
  after?: string,
): Promise<{ level?: Level; failure?: { error: string } }> {
  try {
    await check(child.location);
    return { level: { children: await children(child.location, child.path, after), next: 0 } };
  } catch (error) {
    return isGone(error) ? {} : { failure: { error: reasonOf(error) } };
  }
}

async function children(location: Buffer, path: EncodedPath, after?: string): Promise<Child[]> {
  const names = await readdir(location, { encoding: 'buffer', withFileTypes: true });
  return names
    .map((dirent) => childOf(location, path, dirent))
    .filter((child) => after === undefined || mayFollow(child, after))
    .sort((a, b) => comparePaths(a.key, b.key));
}

function childOf(directory: Buffer, parent: EncodedPath, dirent: Dirent<Buffer>): Child {
  const segment = encodeSegment(dirent.name);
  const path = parent === '' ? segment : `${parent}/${segment}`;
  const isDirectory = dirent.isDirectory();
  return {
    location: Buffer.concat([directory, slash, dirent.name]),
    path,
    key: entryKey({ path, kind: isDirectory ? 'directory' : 'other' }),
    isDirectory,
  };
}

// Whether the child, or something in it, comes after the cursor.
function mayFollow(child: Child, after: string): boolean {
  return comparePaths(child.key, after) > 0 || (child.isDirectory && after.startsWith(child.key));
}

async function inspect(child: Child): Promise<PageEntry | undefined> {
  try {
    const found = await lstat(child.location, { bigint: true });
    const kind = kindOf(found);
    // Its key would no longer be the one that it was sorted by, and a later page would miss entries.
    if ((kind === 'directory') !== child.isDirectory) return unreadable(child, 'replaced while it was listed');
    const entry = { path: child.path, kind, ...attributesOf(found) };
    return kind === 'symlink'
      ? { ...entry, target: encodeText(await readlink(child.location, { encoding: 'buffer' })) }
      : entry;
  } catch (error) {
    return isGone(error) ? undefined : unreadable(child, reasonOf(error));
  }
}

function unreadable({ path, isDirectory }: Child, error: string): PageEntry {
  return { path, kind: isDirectory ? 'directory' : 'other', size: 0, mtimeNs: '0', ctimeNs: '0', mode: 0, error };
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
