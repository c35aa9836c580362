import { z } from 'zod';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runningBlob } from '../../storage/run-layout.ts';
import { claim } from './claim.ts';

const schema = z.object({
  format: z.number(),
  instanceId: z.string(),
  firstRunId: z.string(),
  run: z.string(),
  startedAt: z.string(),
});

/** The backup that has a root for itself. */
export type Running = Omit<z.infer<typeof schema>, 'format'>;

/** Whether a workflow that began with this run has not ended. */
export type IsRunning = (instanceId: string, firstRunId: string) => Promise<boolean>;

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
  const claimed = await claim({ store, blob, schema, signal }, { format: 1, ...mine }, async (theirs) => {
    isFirst = false;
    // A workflow's id belongs to one run of it at a time, and that is the one that asks.
    if (theirs === undefined || theirs.instanceId === mine.instanceId) return theirs?.firstRunId !== mine.firstRunId;
    if (!(await isRunning(theirs.instanceId, theirs.firstRunId))) return true;
    throw new ExpectedError(
      failureTypes.backupRunning,
      `${root} is being backed up already, since ${theirs.startedAt}, by instance ${theirs.instanceId}: wait for it to end, or end it`,
    );
  });
  return { ...claimed, isFirst };
}
