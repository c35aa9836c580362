import { log } from '@temporalio/activity';
import { entriesOfBlobs } from '../../history/entries/entries-of-blobs.ts';
import { newestManifests, type FoundManifest, listRuns } from '../../history/runs/run-catalogue.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';

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
    for await (const { blob } of entriesOfBlobs(store, run.manifest, [...blobs.keys()], signal)) blobs.delete(blob);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    log.warn('Extra blobs are not looked for: a run that may refer to them cannot be read', { reason: error.message });
    blobs.clear();
  }
}
