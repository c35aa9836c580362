import { log } from '@temporalio/activity';
import type { JobOptions, Slice, SliceResult } from '../../contracts/job.ts';
import type { EncodedPath } from '../../contracts/encoded-path.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { findRecord, readRecord, writeRecord } from '../../history/records/own-record.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import { mayPass, type Attempt } from './activity.ts';
import type { CopyOutcome, PagedJob, PagedKind, PageRow } from './kind.ts';
import { readSlice } from './page.ts';
import { hasFailed, type OutcomeRow } from './shard.ts';

const readsAtOnce = 8;

/** One attempt at a copy: what it is to be done with, and what its heartbeats say of it. */
export interface Copying<J, E> extends Attempt {
  readonly job: J;
  readonly entries: readonly E[];
  readonly progress: { files: number; bytes: number };
}

/**
 * Makes the work of a copy: `work` says what became of its entries, in their order, and that is kept. An attempt that finds it kept returns at
 * once.
 */
export function createCopy<J extends PagedJob, E extends PageRow, O extends CopyOutcome, R extends OutcomeRow, T>(
  store: BlobStore,
  kind: PagedKind<J, E, O, R, T>,
  work: (copying: Copying<J, E>) => Promise<readonly O[]>,
) {
  return async (attempt: Attempt, job: J, copy: Slice): Promise<SliceResult> => {
    const progress = attempt.show({ files: 0, bytes: 0 });
    const layout = jobLayout(kind.name, job);
    const entries = await readSlice<E>(store, layout.page(copy.page), copy, attempt.signal);
    const outcomes = await keepOutcomes(store, layout.outcome(copy.page, copy.number), attempt, () =>
      work({ ...attempt, job, entries, progress }),
    );
    const { bytes: transferred } = progress;
    return { ...resultOf(entries, outcomes, kind.isDone), ...(transferred > 0 && { transferred }) };
  };
}

/**
 * Has an outcome left of each entry, whatever happens: where the work on it fails, `failed` makes one. Throws what another attempt may find
 * otherwise, unless this is the last, and whatever is thrown once the copy is cancelled.
 */
export function withOutcomes<E, O>(
  { number, signal }: Attempt,
  { copyAttempts }: Pick<JobOptions, 'copyAttempts'>,
  work: (entry: E) => Promise<O>,
  failed: (entry: E, error: unknown) => O,
): (entry: E) => Promise<O> {
  const isLast = number >= copyAttempts;
  return async (entry) => {
    try {
      return await work(entry);
    } catch (error) {
      if ((!isLast && mayPass(error)) || signal.aborted) throw error;
      return failed(entry, error);
    }
  };
}

function resultOf<O extends CopyOutcome>(
  entries: readonly PageRow[],
  outcomes: readonly O[],
  isDone: (outcome: O['outcome']) => boolean,
): SliceResult {
  const sizes = new Map<EncodedPath, number>();
  for (const { path, kind, size } of entries) if (kind === 'file') sizes.set(path, size);
  let [files, bytes, failed] = [0, 0, 0];
  for (const row of outcomes) {
    const size = row.size ?? sizes.get(row.path);
    if (hasFailed(row)) failed += 1;
    else if (size !== undefined && isDone(row.outcome)) {
      files += 1;
      bytes += size;
    }
  }
  return { files, bytes, failed };
}

/**
 * Does the work of a copy and keeps its outcomes. A later attempt that finds them kept goes by them and does nothing; where they are
 * damaged it does the work again.
 */
async function keepOutcomes<O extends object>(
  store: BlobStore,
  blob: string,
  { number, signal }: Attempt,
  work: () => Promise<readonly O[]>,
): Promise<readonly O[]> {
  const kept = number > 1 ? await readKept<O>(store, blob, signal) : undefined;
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
