import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';
import { sealedJson } from '../history/records/manifest-checksum.ts';
import { runningSchema, type Running } from '../history/runs/running-mark.ts';
import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import { runningBlob } from '../storage/run-layout.ts';
import { claim, readClaim } from './claim.ts';

/** Whether a workflow has not ended: the one that began with this run, or else the latest of this id. */
export type IsRunning = (instanceId: string, firstRunId?: string) => Promise<boolean>;

/** Asks the Temporal server that runs the present activity. */
export const isRunning: IsRunning = async (instanceId, firstRunId) => {
  try {
    const { raw, closeTime, runId } = await Context.current().client.workflow.getHandle(instanceId).describe();
    // A reset gives a workflow another run, which is not its first one.
    const isMeant = firstRunId === undefined || [raw.workflowExecutionInfo?.firstRunId, runId].includes(firstRunId);
    return closeTime === undefined && isMeant;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
};

/**
 * Gives a root below a prefix to one backup at a time, and returns the backup as it was first written down: later attempts at opening
 * it find its run there. `isFirst` says that no backup of the root was ever opened. Throws `BackupRunning` when another one is under
 * way.
 */
export async function claimRoot(
  store: BlobStore,
  { prefix, root }: { readonly prefix: string; readonly root: string },
  mine: Running,
  isRunning: IsRunning,
  signal: AbortSignal,
): Promise<Running & { isFirst: boolean }> {
  const blob = runningBlob(prefix, root);
  let isFirst = true;
  const claimed = await claim(
    { store, blob, schema: runningSchema, signal },
    { format: 1, ...mine, root },
    async (theirs) => {
      isFirst = false;
      // A workflow's id belongs to one run of it at a time, and that is the one that asks.
      if (theirs === undefined || theirs.instanceId === mine.instanceId) return theirs?.firstRunId !== mine.firstRunId;
      if (!(await isRunning(theirs.instanceId, theirs.firstRunId))) return true;
      throw new ExpectedError(
        failureTypes.backupRunning,
        `${root} is being backed up already, since ${theirs.startedAt}, by instance ${theirs.instanceId}: wait for it to end, or end it`,
      );
    },
  );
  return { ...claimed, isFirst };
}

/** Leaves the root to others again, unless they have it; that it was backed up before can still be told. */
export async function withdrawClaim(
  store: BlobStore,
  { prefix, root }: { readonly prefix: string; readonly root: string },
  mine: Running,
  signal: AbortSignal,
): Promise<void> {
  const blob = runningBlob(prefix, root);
  const found = await readClaim({ store, blob, schema: runningSchema, signal });
  if (found?.value?.firstRunId !== mine.firstRunId) return;
  // No run of a workflow has this id, so nobody takes it for one that is under way.
  const body = sealedJson({ ...found.value, firstRunId: 'withdrawn' });
  try {
    await store.put(blob, body, { signal, precondition: { etag: found.etag }, contentType: 'application/json' });
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
  }
}
