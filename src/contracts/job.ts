/** What all jobs share: options, pages, progress and endings. Sizes are bytes and durations are milliseconds. */

import { z } from 'zod';
import type { FileAttributes } from './manifest.ts';
import { whole, workerNameSchema, type Immutable } from './input.ts';

const option = (least: number, most: number, usual: number, description: string) =>
  whole(least, most).exactOptional().meta({ description, default: usual });

const hour = 3_600_000;

/**
 * What tunes one run. It travels with the input, so that a replay or another worker decides alike. The upper bounds keep a page's copies
 * below Temporal's 2,000 pending activities, and a page's reference below its payload limit.
 */
export const jobOptionsSchema = z.strictObject({
  window: option(1, 1000, 32, 'Copies in flight at once, over all workers'),
  pageEntries: option(1, 100_000, 10_000, 'Most entries listed into one page'),
  // It bounds the history between two chances to continue as new.
  pageCopies: option(1, 2000, 500, 'Most copies planned for one page'),
  // Each of them then shows by name in Temporal's Web UI.
  smallTreeFiles: option(0, 2000, 200, 'A tree of at most this many files is copied one activity per file'),
  packFiles: option(1, 10_000, 256, 'Most files in one pack'),
  packBytes: option(0, 2 ** 40, 32 * 1024 * 1024, 'Most bytes in one pack; a larger file is copied by itself'),
  // With the copy's backoff this outlasts an outage of about ten minutes.
  copyAttempts: option(1, 1000, 24, 'Attempts at one copy before its files count as failed'),
  busyRounds: option(0, 20, 3, 'How often files that others were busy with are taken up again'),
  busyPause: option(0, hour, 10_000, 'Milliseconds before the first such round; twice as long before each further one'),
  heartbeatTimeout: option(1000, hour, 15_000, 'Milliseconds after which a silent worker is taken for dead'),
  workerTimeout: option(
    1000,
    7 * 24 * hour,
    hour,
    'Milliseconds after which a job fails that no worker of the name takes up',
  ),
});

/** All that tunes one run. */
export type JobOptions = Required<GivenOptions>;

type GivenOptions = Immutable<z.infer<typeof jobOptionsSchema>>;

export const defaultJobOptions = Object.fromEntries(
  Object.entries(jobOptionsSchema.shape).map(([name, schema]) => [name, schema.meta()?.['default']]),
) as unknown as JobOptions;

/** The options of a run: the defaults, but for what is given. */
export function allOptions(given: GivenOptions | undefined): JobOptions {
  return { ...defaultJobOptions, ...given };
}

/** The member of inputs that says where the files are. */
export function workerMember(description: string) {
  return workerNameSchema.exactOptional().meta({ description });
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
  /** Bytes that went to or came from storage for it; absent when none did. */
  readonly transferred?: number;
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

/** What only the commit of a job is given. */
export interface JobClosing {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Of the directory that was backed up, as it was when the backup began. */
  readonly rootAttributes?: FileAttributes;
}

/** What committing a restore or a verification returns. */
export interface CommittedReport<T> {
  /** `container/name` of what it left: its counts, and the shards of its ledger. */
  readonly report: string;
  readonly tally: T;
}

const phases = [
  'opening',
  'copying',
  'restoring',
  'verifying',
  'waiting',
  'marking',
  'pruning',
  'committing',
  'done',
] as const;

const count = z.int().min(0);

/** Where a running backup, restore, verification or prune stands. Totals grow until `listed` is true. */
export const jobProgressSchema = z.object({
  phase: z.enum(phases),
  suspended: z.boolean(),
  listed: z.boolean().meta({ description: 'Whether the whole tree has been listed, so that the totals are final' }),
  totalFiles: count,
  totalBytes: count,
  files: count,
  bytes: count,
  failed: count,
  transferred: count.exactOptional().meta({
    description:
      'Bytes that went to or came from storage: unlike `bytes`, not those that were there already; absent when none did',
  }),
  excluded: count.exactOptional().meta({ description: 'What filters and ignore files left out so far' }),
  // Absent again once that is done.
  waitingFor: z.string().exactOptional().meta({
    description:
      'The name whose workers did not take up at once what nothing can go on without, or, in the phase `waiting`, what else has to end first',
  }),
  // Only where a client looked.
  retrying: z.object({ activities: count, reason: z.string() }).exactOptional().meta({
    description: 'Activities that failed lately and are being tried again, and what the last of them said',
  }),
});

export type JobProgress = Immutable<z.infer<typeof jobProgressSchema>>;

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
