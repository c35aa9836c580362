import { Context } from '@temporalio/activity';
import type { EncodedPath } from '../shared/encoded-path.ts';
import { eachConcurrently } from '../shared/each-concurrently.ts';
import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';

const readsAtOnce = 8;

/** Does the work of a copy and keeps its outcomes. A later attempt that finds them kept goes by them and does nothing. */
export async function keepOutcomes<O>(
  store: BlobStore,
  blob: string,
  signal: AbortSignal,
  work: () => Promise<readonly O[]>,
): Promise<readonly O[]> {
  const kept = Context.current().info.attempt > 1 ? await readKept<O>(store, blob, signal) : undefined;
  if (kept) return kept;
  const outcomes = await work();
  await store.put(blob, Buffer.from(toNdjson(outcomes)), { signal });
  return outcomes;
}

/** The outcomes of all copies of a page whose blobs' names begin with `prefix`, by path. */
export async function readOutcomes<O extends { readonly path: EncodedPath }>(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<Map<EncodedPath, O>> {
  const outcomes = new Map<EncodedPath, O>();
  await eachConcurrently(store.list(prefix, signal), readsAtOnce, async ({ name }) => {
    const lines = await store.read(name, { from: 0 }, signal);
    for (const outcome of parseNdjson<O>(lines.toString())) outcomes.set(outcome.path, outcome);
  });
  return outcomes;
}

async function readKept<O>(store: BlobStore, blob: string, signal: AbortSignal): Promise<O[] | undefined> {
  try {
    return parseNdjson((await store.read(blob, { from: 0 }, signal)).toString());
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) return undefined;
    throw error;
  }
}
