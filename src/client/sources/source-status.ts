import type { BackupProgress } from '../../shared/contract.ts';
import type { SourceDefinition } from '../../shared/source-definition.ts';
import type { Backups } from '../backups/backups.ts';
import type { NewestRuns } from '../backups/newest-runs.ts';
import type { RunInfo } from '../backups/run-info.ts';
import type { Jobs } from '../jobs/jobs.ts';

/**
 * How a source is: `ok` its last run succeeded; `failing` the last one did not; `overdue` no run has succeeded for as long as somebody
 * wants to be told of; `never` none ever has.
 */
export const sourceHealths = ['ok', 'failing', 'overdue', 'never'] as const;

/** What is asked about: a source, or a directory that was backed up without one. */
export type WatchedRoot = Pick<SourceDefinition, 'root' | 'prefix' | 'schedule' | 'notify'> & {
  readonly name?: string;
};

/** How one source, or one directory, is. Times are ISO 8601. */
export interface SourceStatus {
  /** Null for a directory that no source names. */
  readonly source: string | null;
  readonly root: string;
  readonly prefix: string;
  readonly health: (typeof sourceHealths)[number];
  readonly lastSuccess: Pick<RunInfo, 'run' | 'finishedAt' | 'files' | 'bytes'> | null;
  /** Seconds since the last success ended. */
  readonly age: number | null;
  /** The last run that has ended, or that was stopped without one. */
  readonly lastRun: Pick<RunInfo, 'run' | 'state' | 'startedAt' | 'finishedAt' | 'failed'> | null;
  /** Runs since the last success that did not succeed. */
  readonly failuresSince: number;
  /** The backup that is under way; null when none is. */
  readonly running: {
    readonly instanceId: string;
    readonly run: string;
    readonly startedAt: string;
    /** Null when nobody answers. */
    readonly progress: BackupProgress | null;
  } | null;
  /** When the next run starts by itself; null when none will. */
  readonly next: string | null;
}

type AskedJobs = Pick<Jobs, 'isUnderWay' | 'progress' | 'schedules'>;

/** What the state of sources is read with. */
export interface StatusParts {
  readonly backups: Backups;
  /** Absent where Temporal does not answer: then nothing is known to run. */
  readonly jobs?: AskedJobs;
  readonly signal: AbortSignal;
}

/** How each of these is, in their order. */
export async function statusOfEach(parts: StatusParts, watched: readonly WatchedRoot[]): Promise<SourceStatus[]> {
  const isScheduled = watched.some(({ schedule }) => schedule);
  const schedules = isScheduled && parts.jobs ? await parts.jobs.schedules.list() : [];
  const next = new Map(schedules.map(({ source, next: [soonest] }) => [source, soonest]));
  return Promise.all(watched.map((one) => statusOf(parts, one, next)));
}

async function statusOf(
  { backups, jobs, signal }: StatusParts,
  watched: WatchedRoot,
  next: ReadonlyMap<string, string | undefined>,
): Promise<SourceStatus> {
  const { name, root, prefix, notify } = watched;
  const newest = await backups.below(prefix).newest(root, signal);
  const running = jobs ? await runningOf(jobs, newest) : null;
  const { lastSuccess } = newest;
  const age = secondsSince(lastSuccess?.finishedAt);
  const stopped = running === null ? stoppedOf(newest) : undefined;
  const failuresSince = newest.failuresSince + (stopped ? 1 : 0);
  return {
    source: name ?? null,
    root,
    prefix,
    health: healthOf({ age, failuresSince, missedAfter: notify?.missedAfter }),
    lastSuccess: lastSuccess ? endOf(lastSuccess) : null,
    age,
    lastRun: lastRunOf(newest, stopped),
    failuresSince,
    running,
    next: next.get(name ?? '') ?? null,
  };
}

/** What was begun last, when it did not come to an end of its own. */
function stoppedOf({ begun, lastEnded }: NewestRuns): NewestRuns['begun'] {
  return begun?.run === lastEnded?.run ? undefined : begun;
}

function secondsSince(time: string | undefined): number | null {
  return time === undefined ? null : Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
}

/** The run that was stopped, which came last, or else the one that ended last. */
function lastRunOf({ lastEnded }: NewestRuns, stopped: NewestRuns['begun']): SourceStatus['lastRun'] {
  if (stopped) return { run: stopped.run, state: 'unfinished', startedAt: stopped.startedAt };
  return lastEnded ? outcomeOf(lastEnded) : null;
}

/** A run without a manifest, or an incomplete one that is taken up again, may be under way. */
async function runningOf(jobs: AskedJobs, { begun }: NewestRuns): Promise<SourceStatus['running']> {
  if (!begun || !(await jobs.isUnderWay(begun.instanceId))) return null;
  const { instanceId, run, startedAt } = begun;
  return { instanceId, run, startedAt, progress: (await jobs.progress(instanceId)) ?? null };
}

function healthOf({
  age,
  failuresSince,
  missedAfter = Infinity,
}: {
  age: number | null;
  failuresSince: number;
  missedAfter: number | undefined;
}): SourceStatus['health'] {
  if (age === null) return 'never';
  if (age * 1000 > missedAfter) return 'overdue';
  return failuresSince > 0 ? 'failing' : 'ok';
}

function endOf({ run, finishedAt, files, bytes }: RunInfo): NonNullable<SourceStatus['lastSuccess']> {
  return {
    run,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(files !== undefined && { files }),
    ...(bytes !== undefined && { bytes }),
  };
}

function outcomeOf({ run, state, startedAt, finishedAt, failed }: RunInfo): NonNullable<SourceStatus['lastRun']> {
  return {
    run,
    state,
    startedAt,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(failed !== undefined && { failed }),
  };
}
