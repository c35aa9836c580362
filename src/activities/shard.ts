import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Run, Tally } from '../shared/contract.ts';
import type { ManifestEntry, ManifestShard } from '../shared/manifest.ts';
import { addTallies, emptyTally, tallyOf } from '../shared/tally.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';
import { runLayout } from '../storage/run-layout.ts';

/** Whether the run lacks what is at this path. */
export function hasFailed({ outcome }: ManifestEntry): boolean {
  return outcome === 'failed' || outcome === 'changed';
}

/** The entries of a page's shard; none before it is first sealed. */
export async function readShard(
  store: BlobStore,
  run: Run,
  page: number,
  signal: AbortSignal,
): Promise<ManifestEntry[]> {
  try {
    const shard = await store.read(runLayout(run).shard(page), { from: 0 }, signal);
    return parseNdjson(gunzipSync(shard).toString());
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) return [];
    throw error;
  }
}

/** Writes a page's shard and returns its tally. */
export async function writeShard(
  store: BlobStore,
  run: Run,
  page: number,
  entries: readonly ManifestEntry[],
  signal: AbortSignal,
): Promise<Tally> {
  const tally = entries.map(tallyOf).reduce(addTallies, emptyTally);
  const shard = gzipSync(toNdjson(entries));
  const sha256 = createHash('sha256').update(shard).digest('hex');
  await store.put(runLayout(run).shard(page), shard, {
    signal,
    contentType: 'application/x-ndjson+gzip',
    // What commitRun needs of a shard, so that it need not read it.
    metadata: { sha256, entries: String(entries.length), tally: JSON.stringify(tally) },
  });
  return tally;
}

/** What the blob of a shard says of it. */
export function describeShard({ name, metadata }: BlobProperties): { shard: ManifestShard; tally: Tally } {
  return {
    shard: { blob: name, sha256: metadata['sha256'] ?? '', entries: Number(metadata['entries']) },
    tally: JSON.parse(metadata['tally'] ?? '') as Tally,
  };
}
