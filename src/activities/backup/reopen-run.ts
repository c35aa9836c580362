import { Context } from '@temporalio/activity';
import { forgottenSince } from '../../history/runs/forgotten.ts';
import { hasData } from '../../history/runs/run-catalogue.ts';
import { forgottenRun, runWithoutBase, runWithoutData } from '../../history/runs/run-not-found.ts';
import type { Run } from '../../contracts/backup.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { claimRoot, withdrawClaim } from '../../claims/claim-root.ts';
import { isPruned, readPruning } from '../../claims/pruning-mark.ts';

/**
 * Opens a run that ended once more, to take up what failed of it: it has its root for itself again. Throws `RunNotFound` when it was
 * forgotten or its data are gone, or, of a run without a manifest, those of the run that it goes by; `BackupRunning` when another backup
 * of the root is under way, and `PruneRunning` while a prune is: that has judged the run as it was. It then has left the root to others
 * again.
 */
export function createReopenRun({ store, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, run: Run, startedAt: string): Promise<Run> => {
    const { id, prefix, root } = run;
    const { workflowId: instanceId = '', runId: firstRunId = '' } = Context.current().info.workflowExecution ?? {};
    const mine = { instanceId, firstRunId, run: id, startedAt, reopened: true };
    await claimRoot(store, { prefix, root }, mine, isRunning, signal);
    // Only after that: of a prune that begins at the same time one sees the other.
    const pruning = await readPruning(store, prefix, signal);
    if (pruning && (await isRunning(pruning.instanceId, pruning.firstRunId))) {
      await withdrawClaim(store, { prefix, root }, mine, signal);
      throw new ExpectedError(
        failureTypes.pruneRunning,
        `The prefix "${prefix}" is being pruned by instance ${pruning.instanceId}: run ${id} is taken up again when that has ended`,
      );
    }
    await requireData(store, run, signal);
    return { ...run, besidePrune: await isPruned(store, prefix, signal) };
  };
}

async function requireData(store: BlobStore, { prefix, id, base }: Run, signal: AbortSignal): Promise<void> {
  const since = await forgottenSince(store, { prefix, id }, signal);
  if (since !== undefined) throw forgottenRun(id, since);
  if (!(await hasData(store, { prefix, id }, signal))) throw runWithoutData(id);
  // Once it has a manifest, what that refers to stays without the base.
  if (base === undefined || (await hasManifest(store, { prefix, id }, signal))) return;
  const isForgotten = (await forgottenSince(store, { prefix, id: base }, signal)) !== undefined;
  if (isForgotten || !(await hasManifest(store, { prefix, id: base }, signal))) throw runWithoutBase(id, base);
}

async function hasManifest(store: BlobStore, run: Pick<Run, 'prefix' | 'id'>, signal: AbortSignal): Promise<boolean> {
  return (await store.properties(runLayout(run).manifest, signal)) !== undefined;
}
