/** What client, workflows and activities say to each other. Sizes are bytes and durations are milliseconds. */

import type { Filters } from './filters.ts';
import type { FileAttributes } from './manifest.ts';
import type { Judged, LossWishes, Suspicion } from './suspicion.ts';

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

export interface BackupInput extends LossWishes {
  /** Absolute path of the directory on the worker's machine; empty means the worker's own working directory. */
  readonly root: string;
  /** Where the directory is: a name that workers have among their `WORKER_NAMES`. Unless given, every worker can read it. */
  readonly worker?: string;
  /** Put before every blob's name: empty, or folders that each end in a slash; the worker's `BACKUP_PREFIX` unless given. */
  readonly prefix?: string;
  /** Reads every file, whatever its times and size say; sends those whose content is another. */
  readonly checksum?: boolean;
  /** Looks every unchanged file up in storage and sends again what is missing or is not what the last run stored. */
  readonly repair?: boolean;
  /** Makes this host the owner of the prefix, which another host has written so far. */
  readonly takeOver?: boolean;
  /** What of the tree is backed up; everything but what `.backupignore` files leave out, unless given. */
  readonly filters?: Filters;
  /** Words that mark the run, to find it and to keep it by. */
  readonly tags?: readonly string[];
  /** Most bytes a second that each worker process sends of this run's files, within the limit of its own. */
  readonly uploadLimit?: number;
  readonly options?: Partial<JobOptions>;
}

/** One run of a backup, as `openRun` found and fixed it. Every activity receives it. */
export interface Run extends Judged {
  /** Names the run in storage and sorts by start time: `20261121T051430Z-1f3a9c2e`. */
  readonly id: string;
  /** Absolute path, as the caller wrote it. */
  readonly root: string;
  /** Of the root itself, as it was when the run was opened; absent where an earlier version opened it. */
  readonly rootAttributes?: FileAttributes;
  readonly container: string;
  /** Put before every blob's name. */
  readonly prefix: string;
  readonly options: JobOptions;
  /** How many times its failed files have been taken up again; each round keeps its own pages and outcomes. */
  readonly round?: number;
  /** Most bytes of its files that each worker process sends a second. */
  readonly uploadLimit?: number;
  /** A prune was at work when it began. It then relies on no blob that it did not write itself, for that may be deleted. */
  readonly besidePrune?: boolean;
  /** The run of the same root whose manifest tells what is unchanged. */
  readonly base?: string;
  /** What is done about files that the base says are unchanged: nothing unless given. */
  readonly unchanged?: 'read' | 'look-up' | 'read-and-look-up';
  readonly filters?: Filters;
  /** Each once. */
  readonly tags?: readonly string[];
}

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

/** What a copy came to, for progress and for Temporal's Web UI. Files and bytes are those that the job now has where they belong. */
export interface SliceResult {
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
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

/**
 * What became of a path in a run:
 * `uploaded` its bytes were sent; `unchanged` it is as the run before left it; `adopted` the blob already held its bytes; `recorded` it has no bytes (a directory, a symlink);
 * `skipped` it cannot be backed up (a socket, a fifo, a device) or vanished after it was listed;
 * `changed` it never held still while it was read; `failed` it could not be read or stored.
 */
export type Outcome = 'uploaded' | 'unchanged' | 'adopted' | 'recorded' | 'skipped' | 'changed' | 'failed';

/** Counts of one page or of a whole run. `files` and `bytes` are those that the run holds. */
export interface Tally {
  readonly files: number;
  readonly bytes: number;
  readonly uploaded: number;
  readonly uploadedBytes: number;
  readonly adopted: number;
  readonly unchanged: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly skipped: number;
  /** Files whose outcome is `failed` or `changed`. */
  readonly failed: number;
  /** What filters and ignore files left out, a folder with all that is in it counting once; absent when nothing was. */
  readonly excluded?: number;
}

export interface FileFailure {
  readonly path: string;
  readonly outcome: 'failed' | 'changed' | 'missing' | 'corrupt';
  readonly reason: string;
}

/** A slice whose activity gave up, as the workflow reports it to what seals the page. */
export interface SliceFailure {
  readonly number: number;
  readonly reason: string;
}

export interface SealedPage<T = Tally> {
  readonly tally: T;
  readonly failures: readonly FileFailure[];
  /** Files among the failed that another process was busy with, so that trying later may succeed; absent when there are none. */
  readonly busy?: number;
}

/** What `commitRun` returns. */
export interface CommittedRun {
  /** `container/name` of the manifest. */
  readonly manifest: string;
  /** The sum of all shards. */
  readonly tally: Tally;
  readonly warnings?: readonly string[];
  /** Why it is suspect; absent when it is not, and when that was accepted. */
  readonly suspect?: Suspicion;
}

/** What committing a restore or a verification returns. */
export interface CommittedReport<T> {
  /** `container/name` of what it left: its counts, and the shards of its ledger. */
  readonly report: string;
  readonly tally: T;
}

/** The result of a run. `bytes` is the size of every regular file that the run holds, as the original sample returns it. */
export interface BackupSummary extends Tally {
  readonly runId: string;
  readonly root: string;
  /** `container/name` of the run's manifest. */
  readonly manifest: string;
  /** Whether no file failed. */
  readonly complete: boolean;
  /** Why it may not be what the directory ought to hold: it is then no success. */
  readonly suspect?: Suspicion;
  /** What may not be as it was meant, such as globs that match nothing; absent when there is nothing to tell. */
  readonly warnings?: readonly string[];
  /** The first failures, at most {@link maxReportedFailures}; the manifest has them all. */
  readonly failures: readonly FileFailure[];
}

export const maxReportedFailures = 100;

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
