import type { CommittedReport } from '../../../contracts/contract.ts';
import { emptyRestoreTally } from '../../../contracts/restore-tally.ts';
import type { Restore, RestoreReport, RestoreTally } from '../../../contracts/restore.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { readFixedManifest } from '../../backup/fixed-manifest.ts';
import { sumShards, writeReport } from '../../paged/report.ts';
import { deletePlanned } from './delete-planned.ts';
import { openDeletionPlan } from '../plan/deletion-plan.ts';
import { finishPages } from './finish-pages.ts';
import { createLedgerPages, pageShards } from './ledger-pages.ts';
import { createDirectoryOpener } from '../target/open-directories.ts';
import { createOpenedDirectories } from '../target/opened-directories.ts';
import { planDeletions } from '../plan/plan-deletions.ts';
import { createPutBack } from './put-back.ts';
import type { Target, Targets } from '../target/targets.ts';
import { tellDeletions, tellReplaced } from './tell-deletions.ts';

/**
 * Does what needs all files in their places: deletes what is planned, if nothing failed, and gives directories their permissions and
 * times. Then writes the report over all shards of the ledger, the last write of a restore, and returns its
 * address and the sum of the shards.
 */
export function createCommitRestore({ store }: ActivityDependencies, targets: Targets) {
  return async (
    { signal }: Attempt,
    restore: Restore,
    times: { startedAt: string; finishedAt: string },
  ): Promise<CommittedReport<RestoreTally>> => {
    const layout = jobLayout('restores', restore);
    const before = await sumShards(store, pageShards(layout), emptyRestoreTally, signal);
    const ledger = createLedgerPages(store, layout, signal);
    await targets.inFound(restore.target, async (found) => {
      const { realTarget, folders } = found;
      const opened = createOpenedDirectories(store, layout, signal);
      const parts = await partsOf(store, restore, found, signal);
      const planned = { plan: openDeletionPlan(store, restore, signal), parts, ledger };
      const isWhole = before.tally.failed === 0;
      await (isWhole ? tellDeletions(planned) : tellReplaced(planned, store, before.shards, signal));
      if (restore.dryRun) return;
      const target = { folders, withOpenDirectories: createDirectoryOpener(folders, opened) };
      if (isWhole) await deletePlanned({ target, ledger }, parts, signal);
      const putBack = await createPutBack(folders, opened);
      await finishPages(before.shards.length, { restore, realTarget, ledger, putBack }, signal);
    });
    const { shards, tally } = await sumShards(store, layout.shards, emptyRestoreTally, signal);
    await writeReport(store, layout.manifest, reportOf(restore, times, { shards, tally }), signal);
    return { report: `${store.container}/${layout.manifest}`, tally };
  };
}

async function partsOf(
  store: BlobStore,
  restore: Restore,
  { realTarget, folders }: Target,
  signal: AbortSignal,
): Promise<number> {
  if (!restore.delete || restore.deletions !== undefined) return restore.deletions ?? 0;
  // An earlier version has begun it and planned nothing.
  const manifest = await readFixedManifest(store, restore, signal);
  return folders.within('', (top) => planDeletions(store, restore, { manifest, realTarget, top }, signal));
}

function reportOf(
  restore: Restore,
  times: { startedAt: string; finishedAt: string },
  { shards, tally }: Pick<RestoreReport, 'shards' | 'tally'>,
): Omit<RestoreReport, 'checksum'> {
  const { id, run, root, target, paths, overwrite, delete: deletes, dryRun } = restore;
  return {
    format: 1,
    restore: id,
    run,
    root,
    target,
    ...(paths && { paths }),
    overwrite,
    delete: deletes,
    dryRun,
    ...times,
    tally,
    shards,
    complete: tally.failed === 0,
  };
}
