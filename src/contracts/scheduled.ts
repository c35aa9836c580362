import type { BackupInput } from './backup.ts';
import type { BackedUp, NotifyOptions, Step, TargetKind } from './notice.ts';
import type { RetentionPolicy } from './forget.ts';

/** What a scheduled run of a source is asked: its definition, without what the worker's own file says of whom to tell. */
export interface ScheduledBackupInput {
  /** The source's name. */
  readonly source: string;
  readonly backup: BackupInput;
  readonly after?: Aftermath;
  readonly tell?: TargetLists;
  readonly options?: ScheduledOptions;
}

/** What follows a complete backup, in this order. */
export interface Aftermath {
  readonly forget?: RetentionPolicy;
  readonly prune?: boolean;
  /** The share of files that is read back. */
  readonly sample?: number;
}

/** The kinds of the targets of each list of a source, in the order of the sources file. */
export interface TargetLists {
  readonly success?: readonly TargetKind[];
  readonly failure?: readonly TargetKind[];
  readonly missed?: readonly TargetKind[];
}

/** Durations are milliseconds. */
interface ScheduledOptions extends Partial<NotifyOptions> {
  /**
   * Before a backup that met another one of the same directory, no worker for it or no storage is begun again; twice as long each
   * time, up to half an hour.
   */
  readonly busyPause?: number;
  /** How often that is done before the run counts as failed. */
  readonly busyAttempts?: number;
}

export const defaultScheduledOptions = {
  busyPause: 60_000,
  // About a day; three where each attempt waits an hour for a worker.
  busyAttempts: 52,
} as const;

/** The result of a scheduled run, and what a failed one has in its details. */
export interface ScheduledBackupReport {
  readonly source: string;
  readonly backup: BackedUp;
  readonly steps: readonly Step[];
  /** Instance that tells whoever wants to know; absent when nobody does. */
  readonly notification?: string;
}

/** Where a scheduled run stands. */
export interface ScheduledProgress {
  readonly phase: 'backup' | Step['step'] | 'waiting' | 'done';
  readonly suspended: boolean;
  /** Of the job that is under way for it. */
  readonly instanceId?: string;
}

/** What is watched for: a source that has no success for too long. */
export interface WatchInput {
  readonly source: string;
  readonly prefix: string;
  readonly root: string;
  /** Where the source's commands run. */
  readonly worker?: string;
  /** Milliseconds. */
  readonly missedAfter: number;
  readonly targets: readonly TargetKind[];
  readonly options?: WatchOptions;
}

interface WatchOptions extends Partial<NotifyOptions> {
  /** Milliseconds between two looks into storage while there is no success; at most an hour. */
  readonly lookEvery?: number;
}

/** What a watch takes along when it continues as new. Times are ISO 8601. */
export interface WatchState {
  /** The last success, or when the watch began. */
  readonly since: string;
  readonly lastSuccess: string | null;
  /** Whether it has been told that there was none for too long. */
  readonly told: boolean;
}

/** The id of the schedule of a source. */
export function scheduleId(source: string): string {
  return `${scheduleIdPrefix}${source}`;
}

export const scheduleIdPrefix = 'durable-backup:';

/** The workflow that watches a source. Nobody's job: it runs for as long as the sources file wants it. */
export const watchWorkflow = 'watchSource';

/** The id of the workflow that watches a source. */
export function watchId(source: string): string {
  return `${watchIdPrefix}${source}`;
}

export const watchIdPrefix = 'durable-backup-watch:';
