import { type CopyFailure, type FileFailure, type Run, type SealedPage } from '../shared/contract.ts';
import type { FileOutcome, ManifestEntry, PageEntry } from '../shared/manifest.ts';
import { addTallies, emptyTally, tallyOf } from '../shared/tally.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { parseNdjson } from '../storage/ndjson.ts';
import { runLayout, type JobLayout } from '../storage/run-layout.ts';
import { unread } from './copy/file-outcome.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { mergeRows } from './merge-rows.ts';
import { readOutcomes } from './outcomes.ts';
import { reportedFailures } from './reported-failures.ts';
import { readShard, writeShard } from './shard.ts';

/**
 * Joins a page with the outcomes of its copies into one shard of the manifest, where every path of the page stands exactly once,
 * and counts it. `gaveUp` are the copies that failed as a whole: their files without an outcome count as failed. In a later round
 * what was listed again takes the place of what had failed, and the rest of the shard stays.
 */
export function createSealPage({ store }: ActivityDependencies) {
  return (run: Run, page: number, gaveUp: readonly CopyFailure[]): Promise<SealedPage> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const layout = runLayout(run);
        const listed = parseNdjson<PageEntry>((await store.read(layout.page(page), { from: 0 }, signal)).toString());
        const outcomes = await readOutcomes<FileOutcome>(store, layout.outcomes(page), signal);
        const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
        const sealed = listed.map((entry) => manifestEntry(entry, outcomes.get(entry.path), reasons));
        const entries = run.round === undefined ? sealed : await mergeRound(store, layout, page, sealed, signal);
        const tally = entries.map(tallyOf).reduce(addTallies, emptyTally);
        await writeShard(store, layout.shard(page), entries, tally, signal);
        const busy = entries.filter(isBusy).length;
        return {
          tally,
          failures: reportedFailures(failuresOf(entries)),
          ...(busy > 0 && { busy }),
        };
      }),
    );
}

/** Whether another process had the file in its hands, so that it may be had later. */
export function isBusy(entry: ManifestEntry): boolean {
  return hasFailed(entry) && entry.busy === true;
}

async function mergeRound(
  store: BlobStore,
  layout: JobLayout,
  page: number,
  sealed: readonly ManifestEntry[],
  signal: AbortSignal,
): Promise<readonly ManifestEntry[]> {
  const [before, listing] = await Promise.all([
    readShard<ManifestEntry>(store, layout.shard(page), signal),
    store.properties(layout.page(page), signal),
  ]);
  const takenUp = listing?.metadata['only'] === 'busy' ? isBusy : hasFailed;
  return mergeRows(before, sealed, takenUp);
}

/** Whether the run lacks what is at this path. */
export function hasFailed({ outcome }: ManifestEntry): boolean {
  return outcome === 'failed' || outcome === 'changed';
}

function manifestEntry(
  listed: PageEntry,
  copied: FileOutcome | undefined,
  reasons: ReadonlyMap<number, string>,
): ManifestEntry {
  const { copy, error, before, asBefore: _, ...entry } = listed;
  if (copied) return { ...entry, ...copied };
  if (error !== undefined) return { ...entry, outcome: 'failed', reason: error, attempts: 1 };
  if (entry.kind === 'other')
    return { ...entry, outcome: 'skipped', reason: 'a socket, fifo or device has no content to back up', attempts: 0 };
  if (copy === undefined)
    return before ? { ...entry, ...unread(entry, before) } : { ...entry, outcome: 'recorded', attempts: 0 };
  return { ...entry, outcome: 'failed', reason: reasons.get(copy) ?? 'its copy left no outcome', attempts: 1 };
}

function failuresOf(entries: readonly ManifestEntry[]): FileFailure[] {
  return entries.filter(hasFailed).map(({ path, outcome, reason = '' }) => ({
    path,
    outcome: outcome === 'changed' ? 'changed' : 'failed',
    reason,
  }));
}
