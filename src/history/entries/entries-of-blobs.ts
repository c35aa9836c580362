import { comparePaths } from '../../contracts/encoded-path.ts';
import { holdsContent, type Manifest, type ManifestEntry, type StoredFile } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { blobFolder, mayBeRewritten } from '../records/blob-names.ts';
import { firstShard } from './first-shard.ts';
import { readEntries } from './read-entries.ts';

/**
 * The entries of a run that may refer to one of these blobs, and others that stand beside them. Of the run only the shards are read in
 * which such an entry could stand, so that a few blobs cost a few shards; a name that does not tell its path costs all of them. Throws
 * what {@link readEntries} throws.
 */
export async function* entriesOfBlobs(
  store: BlobStore,
  manifest: Manifest,
  blobs: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<ManifestEntry & StoredFile> {
  // A manifest of some shards is read, and checked, as the whole is.
  const part = { ...manifest, shards: shardsOf(manifest, blobs) };
  for await (const entry of readEntries(store, part, {}, signal)) if (holdsContent(entry)) yield entry;
}

function shardsOf({ prefix, root, shards }: Manifest, blobs: readonly string[]): Manifest['shards'] {
  if (blobs.some((name) => mayBeRewritten(name, prefix))) return shards;
  const folder = blobFolder({ prefix, root });
  const needed = new Set<number>();
  let last: Seen | undefined;
  for (const name of blobs) {
    const path = name.slice(folder.length);
    if (!name.startsWith(folder) || isCovered(path, last)) continue;
    let i = firstShard(shards, path);
    for (; comparePaths(shards[i]?.first ?? `${path}/`, path) <= 0; i += 1) needed.add(i);
    last = { path, until: shards[i]?.first };
  }
  return shards.filter((_, i) => needed.has(i));
}

/** A path whose shards are known, and where the next shard begins, if there is one. */
interface Seen {
  readonly path: string;
  readonly until: string | undefined;
}

// Names mostly ascend, many of them within one shard.
function isCovered(path: string, last: Seen | undefined): boolean {
  if (last === undefined || comparePaths(last.path, path) > 0) return false;
  return last.until === undefined || comparePaths(path, last.until) < 0;
}
