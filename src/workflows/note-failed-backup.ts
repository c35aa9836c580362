import { ContinueAsNew, patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { BackupInput, Run } from '../contracts/backup.ts';
import { failureTypes } from '../contracts/failures.ts';
import { openOptions } from './paged/activity-options.ts';
import { caught } from './paged/step-failure.ts';

// The failure itself is not held up for long where no worker takes the note.
const { noteFailedBackup } = proxyActivities<Activities>({ ...openOptions, scheduleToStartTimeout: '10s' });

// These left a manifest, or tell nothing of the directory: a mistake of the caller, another backup that is under way.
const untold: readonly string[] = [
  failureTypes.backupIncomplete,
  failureTypes.backupSuspect,
  failureTypes.backupRunning,
  failureTypes.invalidInput,
  // Nothing could be noted there either.
  failureTypes.storageUnavailable,
  failureTypes.storageRefused,
];

/** Has it kept in storage why a backup failed that left no manifest. Throws on what was thrown where the backup did not fail. */
export async function noteFailure(input: BackupInput, run: Run | undefined, error: unknown): Promise<void> {
  if (error instanceof ContinueAsNew) return;
  const { type, message, canceled } = caught(error);
  if (canceled || untold.includes(type) || !patched('note-failed-backup')) return;
  const { root, prefix } = run ?? input;
  const place = { root, ...(prefix !== undefined && { prefix }) };
  const scheduled = workflowInfo().parent !== undefined;
  const at = new Date().toISOString();
  try {
    await noteFailedBackup(place, { at, ...(run && { run: run.id }), type, message, scheduled });
  } catch (other) {
    // The backup's own failure is what matters.
    caught(other);
  }
}
