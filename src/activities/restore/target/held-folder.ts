import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { pathOnly } from '../../../files/confine.ts';
import type { DiskLookup } from '../../../files/disks.ts';
import { openedLocation } from '../../../files/open-file.ts';
import { joined } from '../../../files/paths.ts';
import type { DirectoryHandle } from '../../../files/walk/walk.ts';
import type { Folder } from './folder.ts';

// Milliseconds. A directory that was moved away just now is still the right one, and where it is shows when something is put in its place.
const checkLasts = 50;

const asDirectory = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;

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
