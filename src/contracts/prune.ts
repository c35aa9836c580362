import { z } from 'zod';
import { knownPrefixSchema } from './blob-prefix.ts';
import { flag, whole, type Immutable } from './input.ts';
import { jobOptionsSchema, type JobOptions } from './job.ts';

/** How long a prune waits for backups unless told otherwise, in milliseconds. */
export const usualPatience = 24 * 3_600_000;

const mostPatience = 7 * usualPatience;

export const pruneInputSchema = z
  .strictObject({
    prefix: knownPrefixSchema
      .exactOptional()
      .meta({ description: "Below which to prune; the worker's BACKUP_PREFIX unless given" }),
    dryRun: flag('Delete nothing, and count what would be'),
    patience: whole(0, mostPatience).exactOptional().meta({
      description: 'How long to wait for backups that began before, in milliseconds; a day unless given',
      default: usualPatience,
    }),
    options: jobOptionsSchema.exactOptional(),
  })
  .meta({ description: 'What to prune' });

export type PruneInput = Immutable<z.infer<typeof pruneInputSchema>>;

/** One prune, as `openPrune` fixed it. Every activity receives it. */
export interface Prune {
  /** Names the prune in storage and sorts by start time. */
  readonly id: string;
  readonly container: string;
  readonly prefix: string;
  readonly dryRun: boolean;
  /** Milliseconds. */
  readonly patience: number;
  readonly options: JobOptions;
}

/** A backup that was under way when the prune began. */
export interface EarlierBackup {
  readonly instanceId: string;
  readonly firstRunId: string;
}

/**
 * What a prune makes of a run: `kept` it may be restored; `forgotten` it was taken back and goes; `unfinished` it has no manifest and
 * will never have one, and goes; `under way` its backup runs, and all of it stays.
 */
export type RunFate = 'kept' | 'forgotten' | 'unfinished' | 'under way';

/** Counts by what becomes of a run. */
export interface PrunePlan {
  readonly keptRuns: number;
  readonly forgottenRuns: number;
  readonly unfinishedRuns: number;
}

/** Counts of blobs and snapshots, and of their bytes. */
export interface PruneTally {
  /** Versions of files that no run needs any more: deleted, or in a dry run to be. */
  readonly deleted: number;
  readonly deletedBytes: number;
  /** The same of what jobs wrote for themselves: manifests of runs that go, pages, outcomes, ledgers. */
  readonly data: number;
  readonly dataBytes: number;
  /** Versions of files that stay because a run needs them, or because a backup that is under way may. */
  readonly kept: number;
  readonly keptBytes: number;
  /** What no backup wrote. */
  readonly foreign: number;
  readonly foreignBytes: number;
  /** Of what was to be deleted, what was written again meanwhile, so that it stayed. */
  readonly changed: number;
  /** Of what was to be deleted, what storage keeps: leases, legal holds and immutability policies. An earlier version did not count it. */
  readonly locked?: number;
  readonly lockedBytes?: number;
}

/** What looking through the container came to. */
export interface MarkedPrune {
  /** Pages of what is to be deleted. */
  readonly pages: number;
  /** What is to be deleted, and what stays. */
  readonly tally: PruneTally;
}

/** The last write of a prune. */
export interface PruneReport extends PrunePlan, PruneTally {
  readonly format: 1;
  readonly prune: string;
  readonly prefix: string;
  readonly dryRun: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly complete: true;
}

/** The result of a prune. */
export interface PruneSummary extends PrunePlan, PruneTally {
  readonly pruneId: string;
  readonly prefix: string;
  readonly dryRun: boolean;
  /** `container/name` of what the prune left. */
  readonly report: string;
}

/** A count of nothing to begin a prune with. */
export const emptyPruneTally: PruneTally = {
  deleted: 0,
  deletedBytes: 0,
  data: 0,
  dataBytes: 0,
  kept: 0,
  keptBytes: 0,
  foreign: 0,
  foreignBytes: 0,
  changed: 0,
  locked: 0,
  lockedBytes: 0,
};
