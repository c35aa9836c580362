import { z } from 'zod';
import { byteRateSchema } from '../lib/units.ts';
import { prefixSchema } from './blob-prefix.ts';
import { filtersSchema, type Why } from './filters.ts';
import { flag, pathSchema, tagsSchema, type Immutable } from './input.ts';
import { jobOptionsSchema, workerMember, type FileFailure, type JobOptions } from './job.ts';
import type { FileAttributes, ManifestEntry, EntryKind } from './manifest.ts';
import type { SourceDefinition } from './sources.ts';
import { lossMembers, type Judged, type Suspicion } from './suspicion.ts';

export const backupInputSchema = z
  .strictObject({
    root: pathSchema('must be the absolute path of a directory').meta({
      description: "Absolute path of the directory on the worker's machine; empty means the worker's own directory",
    }),
    worker: workerMember(
      'Where the directory is: a name that workers have among their WORKER_NAMES; by default all can read it',
    ),
    prefix: prefixSchema.exactOptional().meta({
      description:
        "Put before every blob's name: empty, or folders that each end in a slash; the worker's own unless given",
    }),
    checksum: flag('Read every file instead of going by size and times'),
    repair: flag('Look up what is unchanged in storage, and send again what is missing or damaged there'),
    takeOver: flag('Go on where another host has backed up so far, below the same prefix'),
    tags: tagsSchema.exactOptional().meta({ description: 'Words that mark the run, to find it and to keep it by' }),
    uploadLimit: byteRateSchema
      .exactOptional()
      .meta({ description: 'Most bytes a second that each worker process sends of it' }),
    filters: filtersSchema.exactOptional(),
    ...lossMembers,
    options: jobOptionsSchema.exactOptional(),
  })
  .meta({ description: 'A backup of a directory tree' });

export type BackupInput = Immutable<z.infer<typeof backupInputSchema>>;

/** What the backup of a source is asked. */
export function backupInputOf({
  root,
  prefix,
  worker,
  tags,
  filters,
  maxLoss,
  limits = {},
}: SourceDefinition): BackupInput {
  const { uploadLimit, window } = limits;
  return {
    root,
    prefix,
    ...(worker !== undefined && { worker }),
    ...(tags && tags.length > 0 && { tags }),
    ...(filters && { filters }),
    ...(maxLoss !== undefined && { maxLoss }),
    ...(uploadLimit !== undefined && { uploadLimit }),
    ...(window !== undefined && { options: { window } }),
  };
}

const takenAlong = ['tags', 'filters', 'maxLoss', 'uploadLimit'] as const satisfies readonly (keyof BackupInput)[];

/** What of its input a run takes along to its end; each tag once. */
type TakenAlong = Pick<BackupInput, (typeof takenAlong)[number]>;

export function takenAlongOf(input: BackupInput): TakenAlong {
  return Object.fromEntries(takenAlong.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]])));
}

/** One run of a backup, as `openRun` found and fixed it. Every activity receives it. */
export interface Run extends Judged, TakenAlong {
  /** Names the run in storage and sorts by start time: `20261121T051430Z-1f3a9c2e`. */
  readonly id: string;
  /** Absolute path, as the caller wrote it. */
  readonly root: string;
  readonly container: string;
  /** Put before every blob's name. */
  readonly prefix: string;
  readonly options: JobOptions;
  /** How many times its failed files have been taken up again; each round keeps its own pages and outcomes. */
  readonly round?: number;
  /** A prune was at work when it began. It then relies on no blob that it did not write itself, for that may be deleted. */
  readonly besidePrune?: boolean;
  /** The run of the same root whose manifest tells what is unchanged. */
  readonly base?: string;
  /** What is done about files that the base says are unchanged: nothing unless given. */
  readonly unchanged?: 'read' | 'look-up' | 'read-and-look-up';
}

/** What `openRun` returns. */
export interface OpenedRun {
  readonly run: Run;
  /** Of the root itself, as it was then; only the commit is given them. */
  readonly rootAttributes: FileAttributes;
}

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

export const emptyTally: Tally = {
  files: 0,
  bytes: 0,
  uploaded: 0,
  uploadedBytes: 0,
  adopted: 0,
  unchanged: 0,
  directories: 0,
  symlinks: 0,
  skipped: 0,
  failed: 0,
};

/** What one entry adds to its page's tally. */
export function tallyOf({ kind, outcome, size }: ManifestEntry): Tally {
  switch (outcome) {
    case 'uploaded':
      return { ...emptyTally, files: 1, bytes: size, uploaded: 1, uploadedBytes: size };
    case 'adopted':
      return { ...emptyTally, files: 1, bytes: size, adopted: 1 };
    case 'unchanged':
      return { ...emptyTally, files: 1, bytes: size, unchanged: 1 };
    case 'recorded':
      return { ...emptyTally, directories: kind === 'directory' ? 1 : 0, symlinks: kind === 'symlink' ? 1 : 0 };
    case 'skipped':
      return { ...emptyTally, skipped: 1 };
    case 'changed':
    case 'failed':
      return { ...emptyTally, failed: 1 };
  }
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

/** A backup that failed and left no manifest: it never began, or ended before all else was done. */
export const failedBackupSchema = z.object({
  at: z.string().meta({ description: 'When it failed' }),
  instanceId: z.string(),
  execution: z.string().meta({ description: 'Tells what has the same instance id apart' }),
  run: z.string().exactOptional().meta({ description: 'Where it had begun' }),
  type: z.string().meta({ description: 'One of `failureTypes`, `Canceled`, or the name of what nobody expected' }),
  message: z.string(),
});

export type FailedBackup = Immutable<z.infer<typeof failedBackupSchema>>;

/** The type of a backup that somebody stopped. */
export const canceledBackup = 'Canceled';

/**
 * What a backup would do about a path: `upload` when it is new or another, as far as that is known; `record` for what has no content; `fail`
 * for what cannot be read.
 */
export type PreviewAction = 'upload' | 'unchanged' | 'record' | 'skip' | 'fail' | 'exclude';

/** What a backup would do about one path. */
export interface PreviewRow {
  /** For people; that of a directory ends in a slash. */
  readonly path: string;
  /** Encoded, where it is not UTF-8 or not as it is shown. */
  readonly key: string;
  readonly action: PreviewAction;
  readonly kind?: EntryKind;
  /** Of a file. */
  readonly bytes?: number;
  readonly reason?: string;
  /** The rule that leaves it out. */
  readonly why?: Why;
}

/** The result of a preview: what a backup would have done just then. */
export interface Preview {
  readonly root: string;
  readonly prefix: string;
  /** The last run of the directory, with which it was compared; without one all files count as new. */
  readonly base?: string;
  /** How many paths each action is about; a folder that is left out counts once. */
  readonly counts: Readonly<Record<PreviewAction, number>>;
  /** Bytes of the files that would be sent, and of those that would not. */
  readonly uploadBytes: number;
  readonly unchangedBytes: number;
  /** Why the run would be suspect; absent when it would not. */
  readonly suspect?: Suspicion;
  /** The first of those that are neither unchanged nor without content, in the order of the listing. */
  readonly rows: readonly PreviewRow[];
  /** How many more of them there are. */
  readonly moreRows: number;
  /** What may not be as it was meant. */
  readonly warnings: readonly string[];
}
