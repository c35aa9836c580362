import { z } from 'zod';
import { budgetFault } from './globs/glob-budget.ts';
import { isGlob } from './globs/path-pattern.ts';
import { flag, runMembers, type Immutable } from './input.ts';
import { jobOptionsSchema, workerMember, type FileFailure, type JobOptions } from './job.ts';
import type { EncodedPath } from './encoded-path.ts';
import type { FileAttributes, ManifestShard } from './manifest.ts';

/** What happens where a path to restore is taken already: it stays; it gives way when its size or times differ; it gives way. */
export const overwritePolicies = ['never', 'if-changed', 'always'] as const;

export type OverwritePolicy = (typeof overwritePolicies)[number];

const restoreWishes = {
  target: z
    .string('must be the absolute path of a directory')
    .min(1, 'must not be empty')
    .exactOptional()
    .meta({ description: "Absolute path of a directory on the worker's machine; by default where it came from" }),
  worker: workerMember(
    'Where the target is: a name that workers have among their WORKER_NAMES; by default all can write there',
  ),
  paths: z
    .array(z.string().min(1, 'must not be empty'))
    .min(1, 'must name something; leave it out to restore everything')
    .superRefine((paths, context) => {
      const fault = budgetFault(paths.filter(isGlob));
      if (fault) context.addIssue({ code: 'custom', message: fault.message });
    })
    .exactOptional()
    .meta({
      description:
        'Files, folders or globs, relative to the directory that was backed up; one without a slash is about names at any depth, unless the run has that very path',
    }),
  overwrite: z
    .enum(overwritePolicies, `must be one of ${overwritePolicies.join(', ')}`)
    .exactOptional()
    .meta({ description: 'What happens to what is in the way', default: 'if-changed' satisfies OverwritePolicy }),
  delete: flag('Delete what the target holds and the run does not, but for what the run leaves out'),
  force: flag('Delete also in a directory that nothing of this was restored into before'),
  dryRun: flag('Change nothing, and report what would be done'),
  options: jobOptionsSchema.exactOptional(),
};

/** What is to be restored of a run that is named otherwise. */
export const restoreBodySchema = z
  .strictObject(restoreWishes)
  .meta({ description: 'What to restore of a run, and where to' });

export const restoreInputSchema = z.strictObject({ ...runMembers, ...restoreWishes });

export type RestoreInput = Immutable<z.infer<typeof restoreInputSchema>>;

/** One restore, as `openRestore` found and fixed it. Every activity receives it. */
export interface Restore {
  /** Names the restore in storage and sorts by start time. */
  readonly id: string;
  /** The run that is restored. */
  readonly run: string;
  /** Of the run's manifest when it was checked: one that is another by now is refused. */
  readonly manifestEtag: string;
  /** The directory that was backed up, as it was named then. */
  readonly root: string;
  /** Absolute path, as the caller wrote it. */
  readonly target: string;
  readonly container: string;
  readonly prefix: string;
  readonly paths?: readonly string[];
  /** Those of `paths` that could also be read as something else, such as `[id].js` or `a`, each with the path of exactly that name, which the run has. */
  readonly exact?: Readonly<Record<string, EncodedPath>>;
  /** What the target itself is to be like in the end; absent where that is left as it is. */
  readonly rootAttributes?: FileAttributes;
  readonly overwrite: OverwritePolicy;
  readonly delete: boolean;
  readonly dryRun: boolean;
  /** Parts of the plan of what is deleted, made before anything was written; absent where nothing is, or an earlier version began it. */
  readonly deletions?: number;
  /** Of a dry run: that the restore itself asks for `force`. */
  readonly needsForce?: true;
  readonly options: JobOptions;
  readonly round?: number;
}

/**
 * What became of a path in a restore:
 * `restored` it was written (in a dry run: would be); `unchanged` the target held it already; `kept` something else is there, and the
 * policy keeps it, or the run does not hold it because it leaves such things out, so that nothing deletes it; `deleted` the run does not hold it (in a dry run: would be); `skipped` the run does not hold its content;
 * `failed` it could not be read from storage or written.
 */
export type RestoreOutcome = 'restored' | 'unchanged' | 'kept' | 'deleted' | 'skipped' | 'failed';

/** Counts of a restore. `files` and `bytes` are those selected of the run. */
export interface RestoreTally {
  readonly files: number;
  readonly bytes: number;
  readonly restored: number;
  readonly restoredBytes: number;
  readonly unchanged: number;
  readonly kept: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly deleted: number;
  readonly skipped: number;
  /** Paths that could not be restored or deleted. */
  readonly failed: number;
  /** How many of those were to be deleted. */
  readonly undeleted: number;
}

/** The last write of a restore. */
export interface RestoreReport extends Pick<
  Restore,
  'run' | 'root' | 'target' | 'paths' | 'overwrite' | 'delete' | 'dryRun'
> {
  readonly format: 1;
  readonly restore: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly tally: RestoreTally;
  /** The ledger: gzipped NDJSON blobs with one line for each path, those of what was deleted last. */
  readonly shards: readonly ManifestShard[];
  /** Whether nothing failed. */
  readonly complete: boolean;
  /** SHA-256 of this report without the checksum, in hexadecimal. */
  readonly checksum: string;
}

/** The result of a restore. */
export interface RestoreSummary extends RestoreTally {
  readonly restoreId: string;
  readonly runId: string;
  readonly root: string;
  readonly target: string;
  readonly dryRun: boolean;
  /** Of a dry run: that the restore itself asks for `force`. */
  readonly needsForce?: true;
  /** `container/name` of what the restore left: its counts and the shards of its ledger. */
  readonly report: string;
  readonly complete: boolean;
  /** The first failures, at most `maxReportedFailures`; the ledger has them all. */
  readonly failures: readonly FileFailure[];
}

export const emptyRestoreTally: RestoreTally = {
  files: 0,
  bytes: 0,
  restored: 0,
  restoredBytes: 0,
  unchanged: 0,
  kept: 0,
  directories: 0,
  symlinks: 0,
  deleted: 0,
  skipped: 0,
  failed: 0,
  undeleted: 0,
};
