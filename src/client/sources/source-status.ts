import { z } from 'zod';
import { jobProgressSchema } from '../../contracts/job.ts';
import { failedBackupSchema, type FailedBackup } from '../../contracts/backup.ts';
import type { Immutable } from '../../contracts/input.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExpectedError } from '../../contracts/failures.ts';
import type { SourceDefinition } from '../../contracts/sources.ts';
import type { Backups } from '../../history/views/backups.ts';
import { type NewestRuns, isSince } from '../../history/views/newest-runs.ts';
import { runInfoSchema, type RunInfo } from '../../history/views/run-info.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { ScheduleInfo } from '../schedules/schedule-info.ts';
import { Schedules } from '../schedules/schedules.ts';
import type { ScheduledBackupReport } from '../../contracts/scheduled.ts';

/**
 * How a source is: `ok` its last backup succeeded; `failing` the last one did not; `overdue` no run has succeeded for as long as somebody
 * wants to be told of; `never` none ever has.
 */
const sourceHealths = ['ok', 'failing', 'overdue', 'never'] as const;

/** What is asked about: a source, or a directory that was backed up without one. */
export type WatchedRoot = Pick<SourceDefinition, 'root' | 'prefix' | 'schedule' | 'notify'> & {
  readonly name?: string;
};

const count = z.int().min(0);
const time = z.iso.datetime();
const run = runInfoSchema.shape;

/** How one source, or one directory, is. */
export const sourceStatusSchema = z
  .strictObject({
    source: z.string().nullable().meta({ description: 'Null for a directory that no source names' }),
    root: z.string(),
    prefix: z.string(),
    health: z.enum(sourceHealths),
    lastSuccess: z
      .strictObject({ run: run.run, finishedAt: run.finishedAt, files: run.files, bytes: run.bytes })
      .nullable(),
    age: count.nullable().meta({ description: 'Seconds since the last success ended' }),
    // One that has ended, or that was stopped without an end.
    lastRun: z
      .strictObject({
        run: run.run,
        state: run.state,
        startedAt: run.startedAt,
        finishedAt: run.finishedAt,
        failed: run.failed,
        suspect: run.suspect,
      })
      .nullable(),
    failuresSince: count.meta({
      description: 'Backups since the last success that are none, those too that made no run',
    }),
    failingSince: time.nullable().meta({ description: 'When the first of them failed' }),
    reason: z.string().nullable().meta({ description: 'Why the last of them is no success' }),
    failedBackups: z
      .array(
        z.strictObject({ ...failedBackupSchema.pick({ instanceId: true, type: true, message: true }).shape, at: time }),
      )
      .meta({ description: 'Those that failed without leaving a manifest, newest first: the last ten' }),
    running: z
      .strictObject({
        instanceId: z.string(),
        run: z.string(),
        startedAt: time,
        progress: jobProgressSchema
          .nullable()
          .meta({ description: 'As the customStatus of the instance; null when nobody answers' }),
      })
      .nullable()
      .meta({ description: 'The backup that is under way' }),
    next: time.nullable().meta({ description: 'When the next run starts by itself' }),
  })
  .meta({ description: 'How a source is' });

export type SourceStatus = Immutable<z.infer<typeof sourceStatusSchema>>;

type AskedJobs = Pick<Jobs, 'client' | 'isUnderWay' | 'progress' | 'status'>;

/** Asks Temporal; undefined where it does not answer and the rest is to be told all the same. */
export type AskJobs = <T>(ask: (jobs: AskedJobs) => Promise<T>) => Promise<T | undefined>;

/**
 * Asks as long as there is an answer within some milliseconds from now: `onAway` is told once, by a `TemporalUnavailable`, and nothing is
 * asked after that.
 */
export function askWithin(
  jobs: Promise<AskedJobs>,
  milliseconds: number,
  onAway: (error: ExpectedError) => void,
): AskJobs {
  const late = sleep(milliseconds, undefined, { ref: false }).then(() => {
    throw new ExpectedError('TemporalUnavailable', `Temporal does not answer within ${milliseconds / 1000} s`);
  });
  // Whoever asks hears of them.
  for (const one of [late, jobs]) one.catch(() => undefined);
  let isAway = false;
  return async (ask) => {
    if (isAway) return undefined;
    try {
      return await Promise.race([jobs.then(ask), late]);
    } catch (error) {
      if (!(error instanceof ExpectedError && error.type === 'TemporalUnavailable')) throw error;
      if (!isAway) onAway(error);
      isAway = true;
      return undefined;
    }
  };
}

const failedTold = 10;

/** What the state of sources is read with. */
export interface StatusParts {
  readonly backups: Backups;
  /** Absent where there is no Temporal: then nothing is known to run. */
  readonly ask?: AskJobs;
  readonly signal: AbortSignal;
}

/** How each of these is, in their order. */
export async function statusOfEach(parts: StatusParts, watched: readonly WatchedRoot[]): Promise<SourceStatus[]> {
  // Beside what storage tells.
  const schedules = watched.some(({ schedule }) => schedule) ? schedulesOf(parts) : Promise.resolve([]);
  const statuses = watched.map((one) => statusOf(parts, one, schedules));
  const [told] = await Promise.all([Promise.all(statuses), schedules]);
  return told;
}

async function schedulesOf({ ask }: StatusParts): Promise<readonly ScheduleInfo[]> {
  return (await ask?.(({ client }) => new Schedules(client).list())) ?? [];
}

async function statusOf(
  { backups, ask, signal }: StatusParts,
  watched: WatchedRoot,
  schedules: Promise<readonly ScheduleInfo[]>,
): Promise<SourceStatus> {
  const { name, root, prefix, notify } = watched;
  const newest = await backups.below(prefix).newest(root, signal);
  const running = await runningOf(ask, newest);
  const schedule = (await schedules).find(({ source }) => source === name);
  const { lastSuccess } = newest;
  const age = secondsSince(lastSuccess?.finishedAt);
  const stopped = running === null ? stoppedOf(newest) : undefined;
  const failedBackups = await failedBackupsOf(ask, schedule, newest);
  const { count: failuresSince, since = null, reason = null } = failuresOf({ ...newest, failedBackups }, stopped);
  return {
    source: name ?? null,
    root,
    prefix,
    health: healthOf({ age, failuresSince, missedAfter: notify?.missedAfter }),
    lastSuccess: lastSuccess ? endOf(lastSuccess) : null,
    age,
    lastRun: lastRunOf(newest, stopped),
    failuresSince,
    failingSince: since,
    reason,
    failedBackups: failedBackups
      .toReversed()
      .slice(0, failedTold)
      .map(({ at, instanceId, type, message }) => ({ at, instanceId, type, message })),
    running,
    next: schedule?.next[0] ?? null,
  };
}

/** What storage tells of, and the schedule's last start where it does not tell of that. */
async function failedBackupsOf(
  ask: AskJobs | undefined,
  schedule: ScheduleInfo | undefined,
  newest: NewestRuns,
): Promise<readonly FailedBackup[]> {
  const unnoted = schedule && (await ask?.((jobs) => unnotedFailure(jobs, schedule, newest)));
  return unnoted ? [...newest.failedBackups, unnoted] : newest.failedBackups;
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
async function runningOf(ask: AskJobs | undefined, { begun }: NewestRuns): Promise<SourceStatus['running']> {
  const running = await ask?.(async (jobs) => {
    if (!begun || !(await jobs.isUnderWay(begun.instanceId))) return undefined;
    const { instanceId, run, startedAt } = begun;
    return { instanceId, run, startedAt, progress: (await jobs.progress(instanceId)) ?? null };
  });
  return running ?? null;
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

function outcomeOf({
  run,
  state,
  startedAt,
  finishedAt,
  failed,
  suspect,
}: RunInfo): NonNullable<SourceStatus['lastRun']> {
  return {
    run,
    state,
    startedAt,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(failed !== undefined && { failed }),
    ...(suspect && { suspect }),
  };
}

/** What went wrong since the last success. */
interface SourceFailures {
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
function failuresOf(
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
async function unnotedFailure(
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
