import type { SliceFailure, Run, SealedPage } from '../../contracts/contract.ts';
import type { FileOutcome, ManifestEntry, PageEntry } from '../../contracts/manifest.ts';
import type { BlobProperties, BlobStore } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { failuresOf, hasFailed, isBusy, manifestEntry } from './manifest-entry.ts';
import { mergeRows } from '../paged/merge-rows.ts';
import { readOutcomes } from '../paged/outcomes.ts';
import { isSettled, readEntriesOf, readListing } from '../paged/page.ts';
import { pageTally } from '../paged/page-tally.ts';
import { reportedFailures } from '../paged/reported-failures.ts';
import { selectionMetadata, selectionOf } from '../paged/selection-result.ts';
import { readSettledPage } from '../paged/settled-page.ts';
import { readShard, writeShard } from '../paged/shard.ts';

/**
 * Joins a page with the outcomes of its copies into one shard of the manifest, where every path of the page stands exactly once,
 * and counts it. `gaveUp` are the copies that failed as a whole: their files without an outcome count as failed. In a later round
 * what was listed again takes the place of what had failed, and the rest of the shard stays.
 */
export function createSealPage({ store }: ActivityDependencies) {
  return async ({ signal }: Attempt, run: Run, page: number, gaveUp: readonly SliceFailure[]): Promise<SealedPage> => {
    const layout = runLayout(run);
    const listing = await readListing(store, layout.page(page), signal);
    if (isSettled(listing)) return readSettledPage(store, layout, page, signal);
    const listed = await readEntriesOf<PageEntry>(store, layout.page(page), signal, listing);
    const outcomes = await readOutcomes<FileOutcome>(store, layout.outcomes(page), signal);
    const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
    const sealed = listed.map((entry) => manifestEntry(entry, outcomes.get(entry.path), reasons));
    const entries =
      run.round === undefined ? sealed : await mergeRound(store, layout.shard(page), listing, sealed, signal);
    // Later rounds list again only what had failed.
    const found = run.round === undefined ? listing : await store.properties(layout.shard(page), signal);
    const before = selectionOf(found);
    const selection = { ...before, told: before.told && selectionOf(listing).told };
    const tally = pageTally(entries, selection);
    const metadata = selectionMetadata(selection);
    await writeShard(store, layout.shard(page), entries, tally, signal, { metadata });
    const busy = entries.filter(isBusy).length;
    return {
      tally,
      failures: reportedFailures(failuresOf(entries)),
      ...(busy > 0 && { busy }),
    };
  };
}

async function mergeRound(
  store: BlobStore,
  shard: string,
  listing: BlobProperties | undefined,
  sealed: readonly ManifestEntry[],
  signal: AbortSignal,
): Promise<readonly ManifestEntry[]> {
  const before = await readShard<ManifestEntry>(store, shard, signal);
  return mergeRows(before, sealed, listing?.metadata['only'] === 'busy' ? isBusy : hasFailed);
}
