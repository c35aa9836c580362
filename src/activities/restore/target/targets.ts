import { existsSync } from 'node:fs';
import { access, constants, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { confine } from '../../../files/confine.ts';
import { createDiskLookup } from '../../../files/disks.ts';
import { reasonOf } from '../../../lib/message-of.ts';
import { createFolderCache, type FolderCache } from './folder-cache.ts';
import { followTarget, holdTarget, type Folder } from './folder.ts';

// Of what a process may have open they leave most to connections and files.
const mostHandles = 256;

/** A target that is in use. */
export interface Target {
  /** Its real path. */
  readonly realTarget: string;
  /** The nearest directory to it that is there: itself, once it is there. */
  readonly existing: string;
  readonly folders: FolderCache;
}

type Work<T> = (target: Target) => Promise<T>;

/** The targets of a worker's restores. Each is looked up and opened anew by each activity. */
export interface Targets {
  /**
   * Does `work` in a target that can be written to, which is made, with these permissions, where it is missing. Throws an
   * {@link ExpectedError} when that is not to be had, or not within the worker's roots.
   */
  readonly inMade: <T>(target: string, work: Work<T>, mode?: number) => Promise<T>;
  /** Does `work` in a target that need not be there. Throws an {@link ExpectedError} where it would lie outside the worker's roots. */
  readonly inFound: <T>(target: string, work: Work<T>) => Promise<T>;
}

/** What a system has of what restores need. */
interface TargetSystem {
  /** Whether a directory can be held open, and what is in it reached through it. */
  readonly holdsFolders: boolean;
  /** The id of this process's user; undefined where there are none. */
  readonly user: number | undefined;
}

const thisSystem: TargetSystem = {
  holdsFolders: process.platform === 'linux' && existsSync('/proc/self/fd'),
  user: process.geteuid?.(),
};

export function createTargets(roots: readonly string[], system = thisSystem): Targets {
  const limit = { left: mostHandles };

  const open = (real: string): Promise<Folder> =>
    system.holdsFolders ? holdTarget(real, createDiskLookup()) : followTarget(real, system.user);

  const doIn = async <T>({ path, existing }: FoundTarget, folder: Folder | undefined, work: Work<T>): Promise<T> => {
    const folders = createFolderCache(folder, limit);
    try {
      return await work({ realTarget: path, existing, folders });
    } finally {
      await folders.close();
    }
  };

  return {
    inMade: async (target, work, mode) => {
      const { path, existing } = await findTarget(target, roots);
      const folder = await explained(target, async () => {
        await makeBelow(await open(existing), relative(existing, path), mode);
        const made = await open(path);
        await requireWritable(made, system);
        return made;
      });
      return doIn({ path, existing: path }, folder, work);
    },
    inFound: async (target, work) => {
      const found = await findTarget(target, roots);
      return doIn(found, found.existing === found.path ? await open(found.path) : undefined, work);
    },
  };
}

/** Makes a directory and those around it, step by step: what stands on the way may be a symlink by now. */
async function makeBelow(existing: Folder, way: string, mode: number | undefined): Promise<void> {
  const names = way.split(sep).filter((name) => name !== '');
  let folder = existing;
  for (const [i, name] of names.entries()) {
    const isLast = i === names.length - 1;
    folder = await makeIn(folder, Buffer.from(name), isLast && mode !== undefined ? { mode } : {});
  }
  await folder.close();
}

async function makeIn(folder: Folder, name: Buffer, options: { readonly mode?: number }): Promise<Folder> {
  try {
    await mkdir(folder.at(name), options).catch(unlessThere);
    return await folder.open(name);
  } finally {
    await folder.close();
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** What the user owns can be opened up for as long as it takes. */
async function requireWritable(folder: Folder, { user }: TargetSystem): Promise<void> {
  try {
    await access(folder.self, constants.W_OK | constants.X_OK);
  } catch (error) {
    const isOwn = (error as NodeJS.ErrnoException).code === 'EACCES' && (await stat(folder.self)).uid === user;
    if (isOwn) return;
    await folder.close();
    throw error;
  }
}

async function explained<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    throw new ExpectedError(
      failureTypes.targetUnusable,
      `${target} cannot be written to (${reasonOf(error)}): ${remedyOf(error)}`,
    );
  }
}

function remedyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EROFS')
    return 'the file system is mounted read-only; mount it writable, or restore into another folder';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'free space there, or restore into another folder';
  return "give the worker's user permission to write there";
}

/** Checks the form of a target and brings it into its shortest one. Throws an {@link ExpectedError}. */
export function checkTarget(target: string): string {
  if (target.includes('\0')) throw invalid('target: holds a null character, which no path can');
  if (!isAbsolute(target)) {
    throw invalid(`target: ${JSON.stringify(target)} is not absolute; give the absolute path on the worker's machine`);
  }
  return resolve(target);
}

/** A directory to restore into, as it is or will be. */
interface FoundTarget {
  /** Its real path. */
  readonly path: string;
  /** The nearest directory to it that is there: itself, once it is there. A real path. */
  readonly existing: string;
}

/**
 * Finds a target that need not be there yet. Throws an {@link ExpectedError} when it lies outside `roots`, or when something that is no
 * directory is in its place.
 */
export async function findTarget(target: string, roots: readonly string[]): Promise<FoundTarget> {
  const nearest = await nearestExisting(target);
  const existing = await confine(nearest, roots);
  if (!(await stat(existing)).isDirectory()) {
    throw unusable(`${nearest} is not a directory: give a directory to restore into`);
  }
  return { path: join(existing, relative(nearest, target)), existing };
}

async function nearestExisting(target: string): Promise<string> {
  for (let path = target; ; path = dirname(path)) {
    try {
      await realpath(path);
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTDIR') throw unusable(`${target} leads through something that is not a directory`);
      if (code !== 'ENOENT' || path === dirname(path))
        throw unusable(`${target} cannot be reached (${reasonOf(error)})`);
    }
  }
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}

function unusable(message: string): ExpectedError {
  return new ExpectedError(failureTypes.targetUnusable, message);
}
