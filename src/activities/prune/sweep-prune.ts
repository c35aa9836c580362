import { claimedRuns } from '../../claims/pruning-mark.ts';
import { emptyPruneTally, type Prune, type PruneTally } from '../../contracts/prune.ts';
import { addTallies } from '../../contracts/job.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { readDeletions, tallyOfDeletion, type Deletion } from './mark-prune.ts';

// A prune that is no longer to delete anything goes on for so many milliseconds at most, and for what it has asked for already.
const checkedFor = 5000;

/**
 * Deletes what stands on a page, each only if it is still what was seen: a snapshot before its blob, and what was written again meanwhile
 * not at all. What storage keeps from being deleted stays for a later prune and stops nothing. An attempt that finds a part of it gone goes on with the rest and counts it all.
 */
export function createSweepPrune({ store }: ActivityDependencies) {
  return async ({ signal, show }: Attempt, prune: Prune, page: number): Promise<PruneTally> => {
    const progress = show({ blobs: 0 });
    const requireOwnMark = createRepeatedCheck(() => claimedRuns(store, prune, signal));
    // Of a prune that has ended early nothing is left to read.
    await requireOwnMark();
    const blobs = await readDeletions(store, jobLayout('prunes', prune).page(page), signal);
    let tally = emptyPruneTally;
    await eachConcurrently(blobs, prune.options.window, async (versions) => {
      const deleted = await deleteVersions(store, versions, requireOwnMark, signal);
      tally = addTallies(tally, deleted);
      progress.blobs += 1;
    });
    return tally;
  };
}

async function deleteVersions(
  store: BlobStore,
  versions: readonly Deletion[],
  requireOwnMark: () => Promise<void>,
  signal: AbortSignal,
): Promise<PruneTally> {
  let tally = emptyPruneTally;
  for (const version of versions) {
    await requireOwnMark();
    const fate = await deleteVersion(store, version, signal);
    tally = addTallies(tally, { ...emptyPruneTally, ...tallyOf[fate](version) });
  }
  return tally;
}

const tallyOf = {
  deleted: tallyOfDeletion,
  changed: () => ({ changed: 1 }),
  locked: ({ size }) => ({ locked: 1, lockedBytes: size }),
} satisfies Record<string, (version: Deletion) => Partial<PruneTally>>;

/** What has become of it; deleted also when it was gone already. */
async function deleteVersion(store: BlobStore, version: Deletion, signal: AbortSignal): Promise<keyof typeof tallyOf> {
  try {
    await store.delete(version, signal);
    return 'deleted';
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) return 'deleted';
    if (isBlobStoreError(error, 'locked')) return 'locked';
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    // Of a blob that is gone some services say that it is another.
    return (await store.properties(version.name, signal)) === undefined ? 'deleted' : 'changed';
  }
}

/**
 * To be called before each delete: calls `check` when it was last called too long ago, once for all that wait for it. A process that was
 * paused thus learns first what has become of its prune.
 */
function createRepeatedCheck(check: () => Promise<unknown>): () => Promise<void> {
  let checkedAt = -Infinity;
  let checking: Promise<void> | undefined;
  const checkNow = async () => {
    const startedAt = Date.now();
    try {
      await check();
      checkedAt = startedAt;
    } finally {
      checking = undefined;
    }
  };
  return async () => {
    const age = Date.now() - checkedAt;
    // Less than nothing when the clock was set back.
    if (age >= 0 && age <= checkedFor) return;
    checking ??= checkNow();
    await checking;
  };
}
