import { comparePaths, displayPath } from '../../contracts/encoded-path.ts';
import {
  maxReportedFailures,
  type SliceFailure,
  type FileFailure,
  type SealedPage,
  sumTallies,
  type Counts,
} from '../../contracts/job.ts';
import { entryKey } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { Attempt } from './activity.ts';
import { readOutcomes } from './copy.ts';
import type { CopyOutcome, PagedJob, PagedKind, PageRow } from './kind.ts';
import { isSettled, readEntriesOf, readListing } from './page.ts';
import { selectionMetadata, selectionOf, type SelectionResult } from './selection-result.ts';
import {
  describeShard,
  hasFailed,
  isBusy,
  readShard,
  requireShard,
  writeShard,
  type OutcomeRow,
  type Row,
} from './shard.ts';

const textLength = 300;

/**
 * Makes what joins a page with the outcomes of its copies into one shard, where every path of the page stands exactly once, and counts it.
 * `gaveUp` are the copies that failed as a whole: their paths without an outcome count as failed. In a later round what was listed again
 * takes the place of what had failed, and the rest of the shard stays. A page of which nothing had to be copied has its shard already.
 */
export function createSealPage<
  J extends PagedJob,
  E extends PageRow,
  O extends CopyOutcome,
  R extends OutcomeRow,
  T extends Counts<T>,
>(store: BlobStore, kind: PagedKind<J, E, O, R, T>) {
  return async ({ signal }: Attempt, job: J, page: number, gaveUp: readonly SliceFailure[]): Promise<SealedPage<T>> => {
    const layout = jobLayout(kind.name, job);
    const shard = layout.shard(page);
    const listing = await readListing(store, layout.page(page), signal);
    if (isSettled(listing)) return readSettled<T>(store, shard, signal);
    const entries = await readEntriesOf<E>(store, layout.page(page), signal, listing);
    const outcomes = await readOutcomes<O>(store, layout.outcomes(page), signal);
    const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
    const sealed = entries.map((entry) =>
      kind.rowOf(entry, outcomes.get(entry.path), reasons.get(entry.copy ?? -1) ?? 'its copy left no outcome'),
    );
    const isFirst = job.round === undefined;
    const takenUp = listing.metadata['only'] === 'busy' ? isBusy : hasFailed;
    const rows = isFirst ? sealed : mergeRows(await readShard<R>(store, shard, signal), sealed, takenUp);
    // Later rounds list again only what had failed.
    const before = selectionOf(isFirst ? listing : await store.properties(shard, signal));
    const selection = { ...before, told: before.told && selectionOf(listing).told };
    const tally = pageTally(kind, rows, selection);
    await writeShard(store, shard, rows, tally, signal, { metadata: selectionMetadata(selection) });
    const busy = rows.filter(isBusy).length;
    return { tally, failures: reportedFailures(rows), ...(busy > 0 && { busy }) };
  };
}

/** Counts the rows of a page, and with them what filters left out of it. */
export function pageTally<R extends OutcomeRow, T extends Counts<T>>(
  { emptyTally, tallyOf }: { readonly emptyTally: T; readonly tallyOf: (row: R) => T },
  rows: readonly R[],
  { excluded }: Pick<SelectionResult, 'excluded'>,
): T {
  const counts = sumTallies(rows.map(tallyOf), emptyTally);
  return excluded > 0 ? { ...counts, excluded } : counts;
}

/** Throws `ManifestInvalid` where the shard is gone or damaged. */
async function readSettled<T>(store: BlobStore, shard: string, signal: AbortSignal): Promise<SealedPage<T>> {
  const tally = describeShard(await requireShard(store, shard, signal)).tally as T & { readonly failed: number };
  const rows = tally.failed === 0 ? [] : await readShard<OutcomeRow>(store, shard, signal);
  return { tally, failures: reportedFailures(rows) };
}

/**
 * What a page holds after a later round: the rows of that round, and of those before it what was not taken up again.
 * `takenUp` says of which rows all was looked at again, so that one without a new row is no longer there.
 */
function mergeRows<R extends Row>(
  before: readonly R[],
  rows: readonly R[],
  takenUp: (row: R) => boolean,
): readonly R[] {
  if (before.length === 0) return rows;
  const again = new Set(rows.map(({ path }) => path));
  const kept = before.filter((row) => !takenUp(row) && !again.has(row.path));
  return [...kept, ...rows].sort((a, b) => comparePaths(entryKey(a), entryKey(b)));
}

/** The first of what failed of a page, in words short enough for a workflow's result; the shard has them all. */
function reportedFailures(rows: readonly OutcomeRow[]): FileFailure[] {
  const failed = rows.filter(hasFailed).slice(0, maxReportedFailures);
  return failed.map(({ path, outcome, reason = '' }) => ({
    path: displayPath(path).slice(0, textLength),
    outcome: outcome as FileFailure['outcome'],
    reason: reason.slice(0, textLength),
  }));
}
