import { Context, log } from '@temporalio/activity';
import type { EncodedPath } from '../../contracts/encoded-path.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { findRecord, readRecord, writeRecord } from '../../history/records/own-record.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';

const readsAtOnce = 8;

/**
 * Does the work of a copy and keeps its outcomes. A later attempt that finds them kept goes by them and does nothing; where they are
 * damaged it does the work again.
 */
export async function keepOutcomes<O extends object>(
  store: BlobStore,
  blob: string,
  signal: AbortSignal,
  work: () => Promise<readonly O[]>,
): Promise<readonly O[]> {
  const kept = Context.current().info.attempt > 1 ? await readKept<O>(store, blob, signal) : undefined;
  if (kept) return kept;
  const outcomes = await work();
  await writeRecord(store, blob, toCheckedLines(outcomes), { signal });
  return outcomes;
}

/** The outcomes of all copies of a page whose blobs' names begin with `prefix`, by path. Throws `ManifestInvalid` where one is damaged. */
export async function readOutcomes<O extends { readonly path: EncodedPath }>(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<Map<EncodedPath, O>> {
  const outcomes = new Map<EncodedPath, O>();
  await eachConcurrently(store.list(prefix, signal), readsAtOnce, async (listed) => {
    const { rows } = await readRecord<O>(store, listed.name, 'path', signal, listed);
    for (const outcome of rows) outcomes.set(outcome.path, outcome);
  });
  return outcomes;
}

async function readKept<O>(store: BlobStore, blob: string, signal: AbortSignal): Promise<readonly O[] | undefined> {
  try {
    return (await findRecord<O>(store, blob, 'path', signal))?.rows;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    log.warn('what a copy did cannot be read, so it is done again', { reason: error.message });
    return undefined;
  }
}
