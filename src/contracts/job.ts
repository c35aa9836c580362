/** What all jobs share: options, pages, progress and endings. Sizes are bytes and durations are milliseconds. */

/** Tunes one run. It travels with the input, so that a replay or another worker decides alike. */
export interface JobOptions {
  /** Copies in flight at once, over all workers. */
  readonly window: number;
  /** Most entries listed into one page. */
  readonly pageEntries: number;
  /** Most copies planned for one page; bounds the history between two chances to continue as new. */
  readonly pageCopies: number;
  /** A tree of at most this many files is copied one activity per file, so that each shows by name in Temporal's Web UI. */
  readonly smallTreeFiles: number;
  /** Most files in one pack. */
  readonly packFiles: number;
  /** Most bytes in one pack; a larger file is copied by an activity of its own. */
  readonly packBytes: number;
  /** Attempts at one copy activity before its files count as failed. */
  readonly copyAttempts: number;
  /** How often files that others were busy with are taken up again, when all else is done, before they count as failed. */
  readonly busyRounds: number;
  /** Before the first such round; twice as long before each further one. */
  readonly busyPause: number;
  /** A worker silent for this long is taken for dead and its activity is given to another. */
  readonly heartbeatTimeout: number;
  /** A job that names a worker fails with `WorkerUnavailable` when no worker of that name takes it up for this long. */
  readonly workerTimeout: number;
}

export const defaultJobOptions: JobOptions = {
  window: 32,
  pageEntries: 10_000,
  pageCopies: 500,
  smallTreeFiles: 200,
  packFiles: 256,
  packBytes: 32 * 1024 * 1024,
  // With the copy's backoff this outlasts an outage of about ten minutes.
  copyAttempts: 24,
  busyRounds: 3,
  busyPause: 10_000,
  heartbeatTimeout: 15_000,
  workerTimeout: 3_600_000,
};

/** The slice of a page that one activity takes: the lines between two byte offsets that carry its number. */
export interface Slice {
  readonly page: number;
  /** Counts from 0 within the page. */
  readonly number: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly files: number;
  readonly bytes: number;
  /** The file's path, when the slice is one file alone; shortened for show, never used to open it. */
  readonly label?: string;
}

/** What `listFiles` returns: the page itself is a blob, and this is the reference to it. */
export interface Page {
  readonly number: number;
  readonly copies: readonly Slice[];
  /** Where the next page starts; absent on the last. */
  readonly cursor?: string;
  readonly files: number;
  readonly bytes: number;
  /** What filters and ignore files left out on it, a folder with all that is in it counting once; absent when nothing was. */
  readonly excluded?: number;
}

/** What a copy came to, for progress and for Temporal's Web UI. Files and bytes are those that the job now has where they belong. */
export interface SliceResult {
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
}

/** A slice whose activity gave up, as the workflow reports it to what seals the page. */
export interface SliceFailure {
  readonly number: number;
  readonly reason: string;
}

export interface FileFailure {
  readonly path: string;
  readonly outcome: 'failed' | 'changed' | 'missing' | 'corrupt';
  readonly reason: string;
}

export const maxReportedFailures = 100;

export interface SealedPage<T> {
  readonly tally: T;
  readonly failures: readonly FileFailure[];
  /** Files among the failed that another process was busy with, so that trying later may succeed; absent when there are none. */
  readonly busy?: number;
}

/** What committing a restore or a verification returns. */
export interface CommittedReport<T> {
  /** `container/name` of what it left: its counts, and the shards of its ledger. */
  readonly report: string;
  readonly tally: T;
}

/** Where a running backup, restore, verification or prune stands. Totals grow until `listed` is true. */
export interface JobProgress {
  readonly phase:
    | 'opening'
    | 'copying'
    | 'restoring'
    | 'verifying'
    | 'waiting'
    | 'marking'
    | 'pruning'
    | 'committing'
    | 'done';
  readonly suspended: boolean;
  /** Whether the whole tree has been listed, so that the totals are final. */
  readonly listed: boolean;
  readonly totalFiles: number;
  readonly totalBytes: number;
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
  /** What filters and ignore files left out so far; absent when nothing was. */
  readonly excluded?: number;
  /**
   * The name whose workers did not take up at once what nothing can go on without, or, in the phase `waiting`, what else has to end
   * first; absent again once that is done.
   */
  readonly waitingFor?: string;
  /** Activities that failed lately and are being tried again, and what the last of them said; only where a client looked. */
  readonly retrying?: { readonly activities: number; readonly reason: string };
}

/**
 * How one run of a workflow ended; `incomplete`: everything was done that could be, and some items failed; `suspect`: all was done, and
 * what came of it is not what was expected.
 */
export type JobEnding = 'completed' | 'incomplete' | 'suspect' | 'failed' | 'cancelled' | 'continued';

/** What a workflow tells its worker when a run of it ends, for metrics and traces alone. */
export interface JobEnd {
  readonly ending: JobEnding;
  /** The type of its failure. */
  readonly reason?: string;
  /** The span that it was started from, as a traceparent. */
  readonly parent?: string;
}

export const jobEndings = [
  'completed',
  'incomplete',
  'suspect',
  'failed',
  'cancelled',
] as const satisfies readonly JobEnding[];

/** Counts of something by name; one that is absent counts as none. */
export type Counts<T> = { readonly [K in keyof T]?: number };

/** Adds count by count. */
export function addTallies<T extends Counts<T>>(a: T, b: T): T {
  return sumTallies([b], a);
}

/** Adds all of them to `from`. */
export function sumTallies<T extends Counts<T>>(tallies: Iterable<T>, from: T): T {
  const sum = { ...from } as Record<string, number>;
  for (const tally of tallies as Iterable<Record<string, number>>) {
    for (const name in tally) sum[name] = (sum[name] ?? 0) + (tally[name] ?? 0);
  }
  return sum as T;
}

/** The task queue of the workers of a name. Nothing but the name makes it up, so it stays the same wherever the worker runs. */
export function workerQueue(name: string): string {
  return `files@${name}`;
}

/** The workflows that a caller may start, by the names used on the wire. */
export const workflowNames = {
  backup: 'backup',
  backupSiteContent: 'E2_BackupSiteContent',
  restore: 'restore',
  verify: 'verify',
  prune: 'prune',
  preview: 'preview',
  scheduledBackup: 'scheduledBackup',
  notify: 'notify',
  processBatch: 'processBatch',
  processBatchOrchestrator: 'ProcessBatchOrchestrator',
} as const;
