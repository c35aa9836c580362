import { isAbsolute, resolve } from 'node:path';
import { Context } from '@temporalio/activity';
import { addFailedBackup } from '../../history/runs/failed-backups.ts';
import { prefixOf } from '../../contracts/blob-prefix.ts';
import type { BackupInput, FailedBackup } from '../../contracts/backup.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runningBlob } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';

/** What failed, and whether somebody's schedule had asked for it. */
export type NotedFailure = Pick<FailedBackup, 'at' | 'run' | 'type' | 'message'> & { readonly scheduled: boolean };

/**
 * Keeps beside the runs that a backup failed without becoming one, so that it shows where they do. Of a directory that was never backed up
 * and that no schedule wants it keeps nothing: that is a slip of whoever asked for it, who is told.
 */
export function createNoteFailedBackup({
  store,
  prefix: usual,
  workingDirectory,
}: Pick<ActivityDependencies, 'store' | 'prefix' | 'workingDirectory'>) {
  return async (
    { signal }: Attempt,
    input: Pick<BackupInput, 'root' | 'prefix'>,
    { scheduled, ...failure }: NotedFailure,
  ): Promise<void> => {
    const place = { prefix: prefixOf(input, usual), root: rootOf(input.root, workingDirectory) };
    if (!scheduled && !(await wasBackedUp(store, place, signal))) return;
    const { workflowId: instanceId = '', runId: execution = '' } = Context.current().info.workflowExecution ?? {};
    await addFailedBackup(store, place, { ...failure, instanceId, execution }, signal);
  };
}

// As the run would have named it. What is no path of this machine stands for itself: the files may be elsewhere.
function rootOf(root: string, workingDirectory: string): string {
  if (root === '') return resolve(workingDirectory);
  return isAbsolute(root) ? resolve(root) : root;
}

async function wasBackedUp(
  store: BlobStore,
  { prefix, root }: { readonly prefix: string; readonly root: string },
  signal: AbortSignal,
): Promise<boolean> {
  return (await store.properties(runningBlob(prefix, root), signal)) !== undefined;
}
