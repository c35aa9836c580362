import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { encodeSegment, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { Filters } from '../../contracts/filters.ts';
import { readBlock } from '../read-block.ts';
import type { Entrance } from './scope.ts';
import { placeOf } from './left-out.ts';

/** What marks a folder as a cache: https://bford.info/cachedir/ */
export const cacheTag = 'CACHEDIR.TAG';
const cacheSignature = 'Signature: 8a477f597d28d172789f06886806bc55';

/** Why what is in a directory is left out by something that it holds, and what of it is listed all the same: that very thing. */
export async function findMarker(
  { excludeIfPresent = [], excludeCaches = false }: Filters,
  { path, location }: { readonly path: EncodedPath; readonly location: Buffer },
): Promise<Entrance['content']> {
  for (const name of excludeIfPresent) {
    const marker = await unlessAbsent(lstat(within(location, name)));
    if (!marker) continue;
    // A directory goes with the rest, for it would have to be read.
    const only = marker.isDirectory() ? [] : [encodeSegment(Buffer.from(name))];
    return { why: { by: 'if-present', rule: name, at: placeOf(path, name) }, only };
  }
  if (!excludeCaches || (await unlessAbsent(isCacheTag(within(location, cacheTag)))) !== true) return undefined;
  return { why: { by: 'cache', at: placeOf(path, cacheTag) }, only: [cacheTag] };
}

async function isCacheTag(location: Buffer): Promise<boolean> {
  const file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) return false;
    return (await readBlock(file, 0, cacheSignature.length)).toString('latin1') === cacheSignature;
  } finally {
    await file.close();
  }
}

async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A socket cannot be opened, and a symlink is none of a cache's tags.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw error;
  }
}

function within(location: Buffer, name: string): Buffer {
  return Buffer.concat([location, Buffer.from(`/${name}`)]);
}
