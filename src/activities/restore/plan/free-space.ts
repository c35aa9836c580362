import { statfs } from 'node:fs/promises';
import { pMapIterable } from 'p-map';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { holdsContent, type ManifestEntry } from '../../../contracts/manifest.ts';
import { lastNameOf, parentOf } from '../../../files/paths.ts';
import { lstatMaybe } from '../../../files/stat.ts';
import type { Folders } from '../target/folders.ts';
import { planAtOnce } from './planned-entries.ts';
import type { Target } from '../target/targets.ts';
import { isSameFile } from '../write/file-attributes.ts';

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
async function bytesMissing(folders: Folders, entries: AsyncIterable<ManifestEntry>): Promise<number> {
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
