import type { BigIntStats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { encodeText } from '../../../contracts/encoded-path.ts';
import type { FileAttributes, ManifestEntry } from '../../../contracts/manifest.ts';
import { microseconds, remainder } from '../../../lib/microseconds.ts';

const setUserId = 0o4000;
const setGroupId = 0o2000;
// Between two numbers of seconds of this century that can be told apart.
const smallestStep = 2.5e-7;

type Attributes = Pick<FileAttributes, 'size' | 'mtimeNs' | 'mode'>;

type HeldAttributes = Attributes & Pick<ManifestEntry, 'kind' | 'target'>;

/** Whether what stands at a place is what the run holds, as far as attributes tell. */
export async function isAsHeld(entry: HeldAttributes, found: BigIntStats, location: Buffer): Promise<boolean> {
  if (entry.kind === 'directory') return isSameDirectory(found, entry);
  if (entry.kind === 'file') return isSameFile(found, entry);
  if (!found.isSymbolicLink() || !isSameTime(found, entry)) return false;
  const target = await readlink(location, { encoding: 'buffer' }).catch(() => undefined);
  return target !== undefined && encodeText(target) === entry.target;
}

/**
 * The permission bits that a restored file gets. Its owner becomes the worker's user, and a program that runs as its owner must not
 * run as somebody else afterwards, so set-user-id and set-group-id stay off.
 */
export function restoredMode({ mode }: { readonly mode: number }): number {
  return mode & ~(setUserId | setGroupId);
}

/** Whether a file is the one that the run holds, as far as size, time of change and permissions tell. */
export function isSameFile(found: BigIntStats, entry: Attributes): boolean {
  const mode = Number(found.mode & 0o7777n);
  return (
    found.isFile() &&
    Number(found.size) === entry.size &&
    isSameTime(found, entry) &&
    (mode === entry.mode || mode === restoredMode(entry))
  );
}

/** Whether a directory has the attributes that the run holds. */
export function isSameDirectory(found: BigIntStats, entry: Attributes): boolean {
  return found.isDirectory() && Number(found.mode & 0o7777n) === directoryMode(entry) && isSameTime(found, entry);
}

/** A directory's set-group-id bit hands its group on and runs nothing, so it comes back. */
export function directoryMode({ mode }: { readonly mode: number }): number {
  return mode & ~setUserId;
}

/** Whether its time of change is that of an entry, as far as a restore can set it. */
export function isSameTime(found: BigIntStats, { mtimeNs }: { readonly mtimeNs: string }): boolean {
  return microseconds(found.mtimeNs) === microseconds(mtimeNs);
}

/** A time of change as `utimes` takes it, so that what is set is of the same microsecond. A text, as numbers below zero count as now. */
export function mtimeSeconds({ mtimeNs }: { readonly mtimeNs: string }): string {
  const time = microseconds(mtimeNs);
  const seconds = Number(time) / 1e6;
  // As a fraction a time can come out a little early, and the rest is cut off on the way: then the next one that there is will do.
  const isEarly = nanosecondsOf(seconds) < Number(remainder(time, 1_000_000n)) * 1000;
  return String(isEarly ? seconds + smallestStep : seconds);
}

// As the system calls get them.
function nanosecondsOf(seconds: number): number {
  const nanoseconds = Math.trunc((seconds - Math.trunc(seconds)) * 1e9);
  return nanoseconds < 0 ? nanoseconds + 1e9 : nanoseconds;
}
