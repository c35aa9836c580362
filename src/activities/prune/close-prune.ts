import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { Prune, PrunePlan, PruneReport, PruneTally } from '../../contracts/prune.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { writeLast } from '../paged/commit.ts';
import { releasePruning } from '../../claims/pruning-mark.ts';

const deletesAtOnce = 16;

/** What a prune came to. */
export interface PruneEnd extends PrunePlan, PruneTally {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Writes the report and lets others have the prefix again. Returns the address of the report. */
export function createClosePrune({ store }: ActivityDependencies) {
  return async ({ signal }: Attempt, prune: Prune, end: PruneEnd): Promise<string> => {
    const { id, prefix, dryRun } = prune;
    const name = jobLayout('prunes', prune).manifest;
    const report: Omit<PruneReport, 'checksum'> = { format: 1, prune: id, prefix, dryRun, ...end, complete: true };
    const address = await writeLast(store, name, report, signal);
    await release(store, prune, signal);
    return address;
  };
}

/** Lets others have the prefix again when a prune ends early. */
export function createReleasePrune({ store }: ActivityDependencies) {
  return ({ signal }: Attempt, prune: Prune): Promise<void> => release(store, prune, signal);
}

async function release(store: BlobStore, prune: Prune, signal: AbortSignal): Promise<void> {
  const { plan, scratch } = jobLayout('prunes', prune);
  for (const beginning of [...scratch, plan]) {
    await eachConcurrently(store.list(beginning, signal), deletesAtOnce, async (blob) => {
      try {
        await store.delete(blob, signal);
      } catch (error) {
        if (!isBlobStoreError(error, 'precondition-failed') && !isBlobStoreError(error, 'not-found')) throw error;
      }
    });
  }
  await releasePruning(store, prune, signal);
}
