import type { CommittedReport, JobClosing } from '../../../contracts/job.ts';
import { emptyRestoreTally, type Restore, type RestoreTally } from '../../../contracts/restore.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { createCommit, sumShards } from '../../paged/commit.ts';
import { createLedgerPages, pageShards, restoreKind } from '../ledger.ts';
import { openDeletionPlan } from '../plan/deletion-plan.ts';
import { createPutBack, openableTarget } from '../target/closed-folders.ts';
import type { Targets } from '../target/targets.ts';
import { deletePlanned, tellDeletions, tellReplaced } from './delete-planned.ts';
import { finishPages } from './finish-pages.ts';

/**
 * Does what needs all files in their places: deletes what is planned, if nothing failed, and gives directories their permissions and
 * times. Then writes the report over all shards of the ledger, the last write of a restore, and returns its
 * address and the sum of the shards.
 */
export function createCommitRestore({ store }: ActivityDependencies, targets: Targets) {
  const commit = createCommit(store, restoreKind, ownOf);
  return async (attempt: Attempt, restore: Restore, end: JobClosing): Promise<CommittedReport<RestoreTally>> => {
    const { signal } = attempt;
    const layout = jobLayout('restores', restore);
    const before = await sumShards(store, pageShards(layout), emptyRestoreTally, signal);
    const ledger = createLedgerPages(store, layout, signal);
    await targets.inFound(restore.target, async ({ realTarget, folders }) => {
      const { deletions: parts = 0 } = restore;
      const planned = { plan: openDeletionPlan(store, restore, signal), parts, ledger };
      const isWhole = before.tally.failed === 0;
      await (isWhole ? tellDeletions(planned) : tellReplaced(planned, store, before.shards, signal));
      if (restore.dryRun) return;
      const target = openableTarget(folders, store, layout, signal);
      if (isWhole) await deletePlanned({ target, ledger }, parts, signal);
      const putBack = await createPutBack(folders, store, layout, signal);
      await finishPages(before.shards.length, { restore, realTarget, ledger, putBack }, signal);
    });
    return commit(attempt, restore, end);
  };
}

/** What only the report of a restore tells. */
function ownOf({ id, run, root, target, paths, overwrite, delete: deletes, dryRun }: Restore) {
  return { restore: id, run, root, target, ...(paths && { paths }), overwrite, delete: deletes, dryRun };
}
