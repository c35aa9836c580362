import type { CopyFailure, Run, SealedPage } from '../shared/contract.ts';
import type { FileOutcome, ManifestEntry, PageEntry } from '../shared/manifest.ts';
import { sumTallies, emptyTally, tallyOf } from '../shared/tally.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { parseNdjson } from '../storage/ndjson.ts';
import { runLayout, type JobLayout } from '../storage/run-layout.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { failuresOf, hasFailed, isBusy, manifestEntry } from './manifest-entry.ts';
import { mergeRows } from './merge-rows.ts';
import { readOutcomes } from './outcomes.ts';
import { reportedFailures } from './reported-failures.ts';
import { sealedWhenListed } from './settled-page.ts';
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
        const settled = listed.length === 0 ? await sealedWhenListed(store, layout, page, signal) : undefined;
        if (settled) return settled;
        const outcomes = await readOutcomes<FileOutcome>(store, layout.outcomes(page), signal);
        const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
        const sealed = listed.map((entry) => manifestEntry(entry, outcomes.get(entry.path), reasons));
        const entries = run.round === undefined ? sealed : await mergeRound(store, layout, page, sealed, signal);
        const tally = sumTallies(entries.map(tallyOf), emptyTally);
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
