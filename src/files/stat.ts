import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { EntryKind, SpecialKind } from '../contracts/manifest.ts';

/** What stands at a place; undefined when nothing does. */
export async function lstatMaybe(location: Buffer): Promise<BigIntStats | undefined> {
  try {
    return await lstat(location, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
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

export function kindOf(found: BigIntStats): EntryKind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}

/** What a stat says of something that has no content. */
export function specialOf(found: BigIntStats): SpecialKind {
  if (found.isFIFO()) return 'fifo';
  return found.isSocket() ? 'socket' : 'device';
}
