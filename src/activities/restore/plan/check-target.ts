import { realpath, statfs } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { pMapIterable } from 'p-map';
import { encodeSegment } from '../../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { holdsContent, type Manifest, type ManifestEntry } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { isInside, lastNameOf, parentOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import { readBelow } from '../../../history/entries/read-below.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { isSameFile } from '../target/attributes.ts';
import type { FolderCache } from '../target/folder-cache.ts';
import type { Target } from '../target/targets.ts';
import { planAtOnce } from './plan-entry.ts';
import { createSelection } from './select-paths.ts';

interface Asked {
  readonly store: BlobStore;
  readonly manifest: Manifest;
  /** The target's real path. */
  readonly target: string;
  readonly restore: Pick<Restore, 'paths' | 'exact' | 'delete'>;
  /** What no restore writes to. */
  readonly ownFolders: readonly string[];
}

/**
 * Throws an {@link ExpectedError} where a restore could write to the program's own folders or delete from them: it would replace what
 * runs, or what the embedded servers are writing to.
 */
export async function requireApart(asked: Asked, signal: AbortSignal): Promise<void> {
  const { target, ownFolders, restore, manifest } = asked;
  for (const folder of ownFolders) {
    const own = await realpath(folder).catch(() => undefined);
    if (own === undefined) continue;
    if (isInside(target, own)) throw notApart(`${target} lies in ${own}`);
    if (!isInside(own, target)) continue;
    if (restore.delete) throw notApart(`${target} holds ${own}, and delete could take it away`);
    if (await holdsBelow(asked, relative(target, own), signal)) {
      throw notApart(`${target} holds ${own}, and run ${manifest.run} would write there`);
    }
  }
}

/** Whether any of what is asked for is what stands at this way from the root, or in it. */
async function holdsBelow({ store, manifest, restore }: Asked, way: string, signal: AbortSignal): Promise<boolean> {
  const folder = way
    .split(sep)
    .map((name) => encodeSegment(Buffer.from(name)))
    .join('/');
  const selection = createSelection(restore);
  for await (const { path, kind } of readBelow(store, manifest, { beginning: folder }, signal)) {
    const isBelow = path === folder || path.startsWith(`${folder}/`);
    if (isBelow && selection.selects(path, kind === 'directory')) return true;
  }
  return false;
}

function notApart(why: string): ExpectedError {
  return new ExpectedError(
    failureTypes.invalidInput,
    `target: ${why}; the program and its own data are there, which no restore may change: restore into another folder, or name other paths`,
  );
}

/**
 * Throws an {@link ExpectedError} when the target has too little space for what is to be restored: for all of it or, where that would
 * be too much, for what it does not hold already. `entries` is asked for only then.
 */
export async function requireSpace(
  { realTarget, existing, folders }: Target,
  bytes: number,
  entries: () => AsyncIterable<ManifestEntry>,
): Promise<void> {
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  if (bytes <= free) return;
  const needed = await bytesMissing(folders, entries());
  if (needed <= free) return;
  throw new ExpectedError(
    failureTypes.targetUnusable,
    `${realTarget} has ${free} bytes free and the restore needs ${needed}: free some, restore fewer paths or give another target`,
  );
}

/** Bytes by which a target grows. What is replaced gives its own bytes back. */
async function bytesMissing(folders: FolderCache, entries: AsyncIterable<ManifestEntry>): Promise<number> {
  let sum = 0;
  const growth = async (entry: ManifestEntry) => {
    if (!holdsContent(entry)) return 0;
    try {
      const found = await folders.within(parentOf(entry.path), ({ at }) => lstatMaybe(at(lastNameOf(entry.path))));
      if (found && isSameFile(found, entry)) return 0;
      return found?.isFile() === true ? Math.max(0, entry.size - Number(found.size)) : entry.size;
    } catch {
      return entry.size;
    }
  };
  for await (const bytes of pMapIterable(entries, growth, planAtOnce)) sum += bytes;
  return sum;
}
