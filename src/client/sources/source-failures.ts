import type { FailedBackup } from '../../contracts/failed-backup.ts';
import type { ScheduledBackupReport } from '../../contracts/scheduled.ts';
import { isSince, type NewestRuns } from '../../history/views/newest-runs.ts';
import type { RunInfo } from '../../history/views/run-info.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { ScheduleInfo } from '../schedules/schedule-info.ts';

/** What went wrong since the last success. */
export interface SourceFailures {
  readonly count: number;
  /** When the first of them began or failed, and the last, in ISO 8601; absent when there is none. */
  readonly since?: string;
  readonly at?: string;
  /** Why the last one is no success. */
  readonly reason?: string;
}

/** One that went wrong. */
interface Failure {
  readonly at: string;
  readonly reason: string;
}

/** Adds up the runs that are no success, the one that was stopped, and what failed without becoming a run. */
export function failuresOf(
  { failuresSince, lastEnded, lastSuccess, firstFailed, failedBackups }: NewestRuns,
  stopped: NewestRuns['begun'],
): SourceFailures {
  const isTold = failedBackups.some(({ run }) => run !== undefined && run === stopped?.run);
  const untold = stopped && !isTold ? [stopped] : [];
  const all: Failure[] = [
    ...[firstFailed, lastEnded === lastSuccess ? undefined : lastEnded].flatMap((run) => (run ? [ofRun(run)] : [])),
    ...untold.map(({ startedAt }) => ({ at: startedAt, reason: 'it was stopped before its end' })),
    ...failedBackups.map(({ at, type, message }) => ({ at, reason: `${type}: ${message}` })),
  ].toSorted((a, b) => (a.at < b.at ? -1 : 1));
  const [first, last] = [all[0], all.at(-1)];
  return {
    count: failuresSince + untold.length + failedBackups.length,
    ...(first && last && { since: first.at, at: last.at, reason: last.reason }),
  };
}

function ofRun({ startedAt, finishedAt, state, failed = 0, suspect, reason }: RunInfo): Failure {
  const why = suspect?.reasons.join('; ') ?? reason ?? `${failed} files failed`;
  return { at: finishedAt ?? startedAt, reason: `${state}: ${why}` };
}

/**
 * The last start of a schedule, when it failed since the last success and left nothing in storage: so ends what cannot reach storage at
 * all. Undefined also when nobody can say.
 */
export async function unnotedFailure(
  jobs: Pick<Jobs, 'status'>,
  { last }: Pick<ScheduleInfo, 'last'>,
  { lastSuccess, failedBackups }: NewestRuns,
): Promise<FailedBackup | undefined> {
  if (!last || !isSince(last.at, lastSuccess)) return undefined;
  const status = await jobs.status(last.instanceId, { showInput: false });
  const report = status?.failure?.details[0] as Partial<ScheduledBackupReport> | undefined;
  if (report?.backup?.outcome !== 'failed') return undefined;
  const { instanceId, finishedAt: at, failure } = report.backup;
  if (!failure || failedBackups.some((noted) => noted.instanceId === instanceId)) return undefined;
  return { at, instanceId, execution: last.instanceId, ...failure };
}
