import { keysOf, type ExactPaths } from '../../contracts/globs/path-pattern.ts';
import { comparePaths, type EncodedPath } from '../../contracts/encoded-path.ts';
import { entryKey, type Manifest, type ManifestShard } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { firstShard } from './first-shard.ts';
import { readEntries } from './read-entries.ts';

/**
 * Those of the texts of which the run has a path of exactly that name, or else of what a ledger shows so. Reads only shards that may hold
 * such a path, each once. Throws what {@link readEntries} throws.
 */
export async function exactPaths(
  store: BlobStore,
  manifest: Manifest,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<ExactPaths> {
  const wanted = new Set(texts.flatMap(keysOf));
  const shards = shardsWith(manifest.shards, wanted);
  const found = new Map<string, EncodedPath>();
  for await (const entry of readEntries(store, { ...manifest, shards }, {}, signal)) {
    const key = entryKey(entry);
    if (wanted.has(key)) found.set(key, entry.path);
  }
  return new Map(
    texts.flatMap((text) => {
      const [path] = keysOf(text).flatMap((key) => found.get(key) ?? []);
      return path === undefined ? [] : [[text, path] as const];
    }),
  );
}

/** The shards in which one of some keys may be: those from the last that begins before it to the first that begins behind it. */
function shardsWith(shards: readonly ManifestShard[], keys: Iterable<string>): ManifestShard[] {
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
