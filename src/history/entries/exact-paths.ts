import { isAmbiguous, meantBy, type ExactPaths } from '../../contracts/globs/path-pattern.ts';
import { comparePaths } from '../../contracts/encoded-path.ts';
import type { Manifest, ManifestShard } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { firstShard } from './first-shard.ts';
import { readEntries } from './read-entries.ts';

/**
 * Those of the texts that may be read in several ways and of which the run has a path of exactly that name, or else of what a ledger shows
 * so. Reads only shards that may hold such a path, each once, and none where all texts are plain. Throws what {@link readEntries} throws.
 */
export async function exactPaths(
  store: BlobStore,
  manifest: Manifest,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<ExactPaths> {
  const asked = texts.filter(isAmbiguous);
  const wanted = new Set(asked.flatMap(meantBy));
  const keys = [...wanted].flatMap((path) => [path, `${path}/`]);
  const shards = shardsWith(manifest.shards, keys);
  const found = new Set<string>();
  for await (const { path } of readEntries(store, { ...manifest, shards }, {}, signal)) {
    if (wanted.has(path)) found.add(path);
  }
  return new Map(
    asked.flatMap((text) => {
      const path = meantBy(text).find((meant) => found.has(meant));
      return path === undefined ? [] : [[text, path] as const];
    }),
  );
}

/** The shards in which one of some keys may be: those from the last that begins before it to the first that begins behind it. */
function shardsWith(shards: readonly ManifestShard[], keys: readonly string[]): ManifestShard[] {
  const wanted = new Set<number>();
  for (const key of keys) {
    for (let at = firstShard(shards, key); at < shards.length; at += 1) {
      const { entries, first } = shards[at] as ManifestShard;
      if (entries === 0) continue;
      if (comparePaths(first, key) > 0) break;
      wanted.add(at);
    }
  }
  return shards.filter((_, at) => wanted.has(at));
}
