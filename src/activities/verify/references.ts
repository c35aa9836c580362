import { log } from '@temporalio/activity';
import { firstShard } from '../../manifests/first-shard.ts';
import { newestManifests, type FoundManifest } from '../../manifests/newest-manifests.ts';
import { readEntries } from '../../manifests/read-entries.ts';
import { listRuns } from '../../manifests/run-catalogue.ts';
import { comparePaths } from '../../shared/encoded-path.ts';
import { ExpectedError } from '../../shared/failures.ts';
import { holdsContent, type Manifest } from '../../shared/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { blobFolder, mayBeRewritten } from './blob-names.ts';

/** What the runs below a prefix refer to. */
export interface References {
  /** Takes the blobs away that a run refers to, and all of them when a run cannot be read: it may refer to any. */
  readonly strike: (blobs: Map<string, unknown>) => Promise<void>;
}

/**
 * Holds the manifests of all runs, read when they are first needed, and one batch of names. Of the entries it reads only the shards
 * in which a name could stand, so that a few blobs that belong to older runs cost a few shards of each.
 */
export function createReferences(store: BlobStore, prefix: string, signal: AbortSignal): References {
  const readRuns = async () => {
    const ids = await Array.fromAsync(listRuns(store, prefix, signal));
    return Array.fromAsync(newestManifests(store, prefix, ids, signal));
  };
  let runs: Promise<FoundManifest[]> | undefined;
  return {
    strike: async (blobs) => {
      for (const run of await (runs ??= readRuns())) {
        if (blobs.size === 0) return;
        await strikeRun(store, run, blobs, signal);
      }
    },
  };
}

async function strikeRun(
  store: BlobStore,
  run: FoundManifest,
  blobs: Map<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  try {
    if ('fault' in run) throw run.fault;
    const shards = shardsOf(run.manifest, [...blobs.keys()]);
    // A manifest of some shards is read, and checked, as the whole is.
    for await (const entry of readEntries(store, { ...run.manifest, shards }, {}, signal)) {
      if (holdsContent(entry)) blobs.delete(entry.blob);
    }
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    log.warn('Extra blobs are not looked for: a run that may refer to them cannot be read', { reason: error.message });
    blobs.clear();
  }
}

/** The shards of a run in which entries of these blobs would stand. */
function shardsOf({ prefix, root, shards }: Manifest, blobs: readonly string[]): Manifest['shards'] {
  if (blobs.some((name) => mayBeRewritten(name, prefix))) return shards;
  const folder = blobFolder({ prefix, root });
  const needed = new Set<number>();
  for (const name of blobs) {
    if (!name.startsWith(folder)) continue;
    const path = name.slice(folder.length);
    for (let i = firstShard(shards, path); comparePaths(shards[i]?.first ?? `${path}/`, path) <= 0; i += 1)
      needed.add(i);
  }
  return shards.filter((_, i) => needed.has(i));
}
