import { executeChild, ParentClosePolicy, sleep, workflowInfo } from '@temporalio/workflow';
import { compactTime } from '../lib/units.ts';
import { workflowNames } from '../contracts/job.ts';
import type { BackupSummary } from '../contracts/backup.ts';
import { failureTypes, type FailureType } from '../contracts/failures.ts';
import type { BackedUp } from '../contracts/notice.ts';
import { defaultScheduledOptions, type ScheduledBackupInput, type ScheduledProgress } from '../contracts/scheduled.ts';
import type { backup } from './backup.ts';
import type { ProgressReport } from './paged/progress-report.ts';
import { caught, stepFailure, type CaughtFailure } from './paged/step-failure.ts';
import type { Suspension } from './paged/suspension.ts';

const longestPause = 30 * 60_000;
// More are in the manifest.
const failuresTold = 10;
// What ends without anybody's doing here: another backup, a worker that is switched off, storage that is not reached.
const passing: readonly FailureType[] = [
  failureTypes.backupRunning,
  failureTypes.workerUnavailable,
  failureTypes.storageUnavailable,
];

// What a run that has ended, and is no success, fails with.
const ended: Readonly<Record<string, BackedUp['outcome']>> = {
  [failureTypes.backupIncomplete]: 'incomplete',
  [failureTypes.backupSuspect]: 'suspect',
};

/**
 * Backs up a source by a workflow of its own, and says what became of it. While another backup of the directory is under way it waits
 * and begins again: that one began before, and may not have what has changed since. So it does while no worker for it or no storage
 * is to be had. None begins while the run is suspended.
 */
export async function backUpSource(
  { source, backup: input, options }: ScheduledBackupInput,
  report: ProgressReport<ScheduledProgress>,
  { gate }: Suspension,
): Promise<BackedUp> {
  const { busyPause, busyAttempts } = { ...defaultScheduledOptions, ...options };
  const base = `backup-${source}-${compactTime(workflowInfo().startTime.toISOString())}`;
  for (let attempt = 1; ; attempt++) {
    await gate();
    const instanceId = attempt === 1 ? base : `${base}-${attempt}`;
    const startedAt = now();
    report.milestone(({ suspended }) => ({ phase: 'backup', suspended, instanceId }));
    try {
      const summary = await executeChild<typeof backup>(workflowNames.backup, {
        workflowId: instanceId,
        args: [input],
        // Whoever ends the scheduled run means the backup too, which then ends in good order.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `Back up the source ${source}`,
      });
      return { instanceId, outcome: 'complete', startedAt, finishedAt: now(), ...countsOf(summary) };
    } catch (error) {
      const failure = caught(error);
      if (!passing.some((type) => type === failure.type) || attempt > busyAttempts) {
        return { instanceId, startedAt, finishedAt: now(), ...endOf(failure) };
      }
    }
    report.milestone(({ suspended }) => ({ phase: 'waiting', suspended }));
    await sleep(Math.min(busyPause * 2 ** (attempt - 1), longestPause));
  }
}

function endOf(failure: CaughtFailure): Pick<BackedUp, 'outcome' | 'failure'> {
  const told = { failure: stepFailure(failure) };
  if (failure.canceled) return { outcome: 'canceled', ...told };
  const outcome = ended[failure.type];
  if (outcome === undefined) return { outcome: 'failed', ...told };
  return { outcome, ...told, ...countsOf(failure.details[0] as BackupSummary) };
}

function countsOf(summary: BackupSummary): Partial<BackedUp> {
  const { runId, files, bytes, uploadedBytes, failed, failures, suspect } = summary;
  const told = failures.slice(0, failuresTold).map(({ path, reason }) => ({ path, reason }));
  return {
    runId,
    files,
    bytes,
    uploadedBytes,
    failed,
    ...(suspect && { suspect }),
    ...(told.length > 0 && { failures: told }),
  };
}

function now(): string {
  return new Date().toISOString();
}
