import { Context } from '@temporalio/activity';
import { forgottenSince } from '../manifests/forgotten.ts';
import { forgottenRun, runWithoutData } from '../manifests/run-not-found.ts';
import type { Run } from '../shared/contract.ts';
import { ExpectedError, failureTypes } from '../shared/failures.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { runLayout } from '../storage/run-layout.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { claimRoot, withdrawClaim } from './open/claim-root.ts';
import { isPruned } from './open/is-pruned.ts';
import { readPruning } from './prune/pruning-mark.ts';

/**
 * Opens a run that ended once more, to take up what failed of it: it has its root for itself again. Throws `RunNotFound` when it was
 * forgotten or its data are gone, `BackupRunning` when another backup of the root is under way, and `PruneRunning` while a prune is: that
 * has judged the run as it was. It then has left the root to others again.
 */
export function createReopenRun({ store, isRunning }: ActivityDependencies) {
  return (run: Run, startedAt: string): Promise<Run> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const { id, prefix, root } = run;
        const { workflowId: instanceId = '', runId: firstRunId = '' } = Context.current().info.workflowExecution ?? {};
        const mine = { instanceId, firstRunId, run: id, startedAt };
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
      }),
    );
}

async function requireData(store: BlobStore, { prefix, id }: Run, signal: AbortSignal): Promise<void> {
  const since = await forgottenSince(store, { prefix, id }, signal);
  if (since !== undefined) throw forgottenRun(id, since);
  for await (const _ of store.list(runLayout({ prefix, id }).folder, signal)) return;
  throw runWithoutData(id);
}
