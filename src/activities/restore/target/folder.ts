import { constants, type Stats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { createDirectoryCheck, pathOnly } from '../../../files/confine.ts';
import type { Disk, DiskLookup } from '../../../files/disks.ts';
import { openedLocation } from '../../../files/open-file.ts';
import { joined } from '../../../files/paths.ts';
import type { DirectoryHandle, OpenDirectory } from '../../../files/walk/walk.ts';

// Milliseconds. A directory that was moved away just now is still the right one, and where it is shows when something is put in its place.
const checkLasts = 50;
const asDirectory = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const othersWrite = 0o022;
const sticky = 0o1000;

/**
 * A directory of the target. Names in it are reached through it alone, never by a path that is resolved anew: a folder on the way could
 * be replaced by a symlink at any time.
 */
export interface Folder {
  /** How it is reached itself, by calls that follow symlinks. */
  readonly self: Buffer;
  /** How a name in it is reached, by calls that do not follow symlinks. */
  readonly at: (name: Buffer) => Buffer;
  /**
   * Opens a directory in it. Throws the system's errors: `ENOENT` where nothing is, `ENOTDIR` where something else is, such as a symlink.
   */
  readonly open: (name: Buffer) => Promise<Folder>;
  /** Throws an `ExpectedError` with the code `ESTALE` where the folder is no longer in its place; lately unless given. */
  readonly check: (when?: 'now' | 'lately') => Promise<void>;
  /** How a walk opens the directories below it; undefined where folders are not held open. */
  readonly openDirectory?: OpenDirectory;
  /** What it is on; undefined where folders are not held open. */
  readonly disk?: () => Promise<Disk>;
  readonly close: () => Promise<void>;
}

/** Opens a folder for what takes more than to reach names in it, such as to sync it. Throws the system's errors. */
export function openToRead({ self }: Folder): Promise<FileHandle> {
  return open(self, constants.O_RDONLY | constants.O_DIRECTORY);
}

/**
 * Opens a target, a real path, and holds it and each folder below it by a handle: of Linux, where `/proc/self/fd` leads from a handle to
 * what is in it. Throws an {@link ExpectedError} when the path leads elsewhere by now.
 */
export async function holdTarget(realTarget: string, diskOf: DiskLookup): Promise<Folder> {
  const place = Buffer.from(realTarget);
  const handle = await open(place, asDirectory);
  if (isAt(handle, place)) return heldFolder(handle, place, diskOf);
  await handle.close();
  throw moved(place);
}

/** `place` is its real path when it was opened. */
function heldFolder(handle: FileHandle, place: Buffer, diskOf: DiskLookup): Folder {
  const self = wayTo(handle);
  const at = (name: Buffer) => joined(self, name);
  let checkedAt = -Infinity;
  let disk: ReturnType<DiskLookup> | undefined;
  return {
    self,
    at,
    open: async (name) => heldFolder(await open(at(name), asDirectory), joined(place, name), diskOf),
    check: (when = 'lately') => {
      const now = performance.now();
      if (when === 'lately' && now - checkedAt < checkLasts) return Promise.resolve();
      if (!isAt(handle, place)) return Promise.reject(moved(place));
      checkedAt = now;
      return Promise.resolve();
    },
    openDirectory,
    disk: () => (disk ??= diskOf(self)),
    close: () => handle.close(),
  };
}

async function openDirectory(location: Buffer): Promise<DirectoryHandle> {
  const handle = await open(location, asDirectory);
  // Also for calls that do not follow symlinks.
  return { location: joined(wayTo(handle), Buffer.from('.')), release: () => handle.close() };
}

function wayTo({ fd }: FileHandle): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}`);
}

/** Whether an open directory is at this place, now; true of a place too long for the system to tell. */
function isAt({ fd }: FileHandle, place: Buffer): boolean {
  return openedLocation(fd)?.equals(place) !== false;
}

function moved(place: Buffer): ExpectedError {
  const message = `${place.toString()} was moved or replaced meanwhile: nothing is written to what took its place; retry when it stays`;
  return Object.assign(new ExpectedError(failureTypes.targetUnusable, message), { code: 'ESTALE' });
}

/**
 * Opens a target, a real path, where the system does not let folders be held open: each is checked before it is used, and reached by its
 * path. Another user could replace a folder on the way in between, and have this one write elsewhere. So throws an {@link ExpectedError}
 * where one could who is not `user`, the id of this process's user; undefined where the system has none.
 */
export async function followTarget(realTarget: string, user: number | undefined): Promise<Folder> {
  if (user !== undefined) await requireOwnWay(realTarget, user);
  return openByPath(Buffer.from(realTarget), { realTarget, user });
}

async function requireOwnWay(realTarget: string, user: number): Promise<void> {
  let path = realTarget;
  while (path !== dirname(path)) {
    path = dirname(path);
    requireOwn(path, await lstat(path), user);
  }
}

async function openByPath(
  place: Buffer,
  target: { readonly realTarget: string; readonly user: number | undefined },
): Promise<Folder> {
  const check = async () => {
    const found = await lstat(place);
    if (!found.isDirectory()) throw Object.assign(new Error('ENOTDIR: not a directory'), { code: 'ENOTDIR' });
    await requireInside(target.realTarget, place);
    if (target.user !== undefined) requireOwn(place.toString(), found, target.user);
  };
  await check();
  return {
    self: place,
    at: (name) => joined(place, name),
    open: (name) => openByPath(joined(place, name), target),
    check,
    close: () => Promise.resolve(),
  };
}

/** Throws an {@link ExpectedError} when a directory does not lie below the target: a symlink on the way to it leads out. */
async function requireInside(realTarget: string, directory: Buffer): Promise<void> {
  try {
    // A new check each time: what was inside when a file was written may lead elsewhere when the next one is.
    await createDirectoryCheck(realTarget)(directory);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    throw new ExpectedError(
      failureTypes.rootNotAllowed,
      `${directory.toString()} leads out of the target: nothing is written through a symlink`,
    );
  }
}

/** Throws where others than the user may move away what is in a folder. The user's own group is trusted, but with the rights of root. */
function requireOwn(folder: string, { uid, mode }: Stats, user: number): void {
  const isOwn = uid === user || uid === 0;
  // In a sticky directory nobody moves away what belongs to others.
  const isShared = user === 0 && (mode & othersWrite) !== 0 && (mode & sticky) === 0;
  if (isOwn && !isShared) return;
  throw new ExpectedError(
    failureTypes.targetUnusable,
    `${folder} may be written to by other users, who could lead a restore out of it on this system: restore as the user who owns it, or into a folder that nobody else may write to`,
  );
}
