import { ExpectedError } from '../../contracts/failures.ts';
import { fetchAhead } from '../../lib/fetch-ahead.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { readManifest, type StoredManifest } from '../records/read-manifest.ts';

const manifestsAhead = 8;
const secondLength = '20261121T061003Z'.length;

/** A manifest, or why the one that is there of a run cannot be used. */
export type FoundManifest = StoredManifest | { readonly id: string; readonly fault: ExpectedError };

/**
 * The manifests of runs whose ids come newest first, as `listRuns` yields them: the run that began last first, and runs without one
 * left out. Ids tell the second and manifests more, so those of one second are put in order here, with what cannot be used first.
 */
export async function* newestManifests(
  store: BlobStore,
  prefix: string,
  ids: Iterable<string>,
  signal: AbortSignal,
): AsyncGenerator<FoundManifest> {
  const read = async (id: string, fetchSignal: AbortSignal) => ({
    second: id.slice(0, secondLength),
    found: await readOrExplain(store, { prefix, id }, fetchSignal),
  });
  let held: FoundManifest[] = [];
  let current = '';
  for await (const { second, found } of fetchAhead(ids, manifestsAhead, signal, read)) {
    if (second !== current) yield* held.splice(0).sort(laterFirst);
    current = second;
    if (found) held.push(found);
  }
  yield* held.sort(laterFirst);
}

async function readOrExplain(
  store: BlobStore,
  run: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<FoundManifest | undefined> {
  try {
    return await readManifest(store, run, signal);
  } catch (error) {
    if (error instanceof ExpectedError) return { id: run.id, fault: error };
    throw error;
  }
}

function laterFirst(a: FoundManifest, b: FoundManifest): number {
  return startOf(b) - startOf(a);
}

function startOf(found: FoundManifest): number {
  return 'fault' in found ? Number.MAX_VALUE : Date.parse(found.manifest.startedAt);
}
