import { requireOwner } from '../../claims/claim-prefix.ts';
import { deleteUnchanged } from '../../claims/claim.ts';
import { claimPruning, releasePruning } from '../../claims/pruning-mark.ts';
import { parseInput } from '../../contracts/input.ts';
import { allOptions } from '../../contracts/job.ts';
import {
  pruneInputSchema,
  usualPatience,
  type Prune,
  type PruneInput,
  type PrunePlan,
  type PruneReport,
  type PruneTally,
} from '../../contracts/prune.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { requireContainer } from '../../storage/require-container.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { writeLast } from '../paged/commit.ts';
import { jobId } from '../paged/job-id.ts';
import { readForgotten } from './forget-runs.ts';

const deletesAtOnce = 16;

/** Fixes what a prune is about, and has the prefix for itself from then on, unless it is a dry run. */
export function createOpenPrune({ store, prefix: usual, host, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, input: PruneInput, startedAt: string): Promise<Prune> => {
    const { prefix = usual, dryRun = false, patience = usualPatience, ...read } = parseInput(pruneInputSchema, input);
    const options = allOptions(read.options);
    await requireContainer(store, signal);
    await requireOwner(store, { prefix, host }, signal);
    const prune = { id: jobId(startedAt), container: store.container, prefix, dryRun, patience, options };
    // Read before others are told: who begins to rely on a run after that has seen that none of these can be relied on.
    const forgotten = await readForgotten(store, prefix, signal);
    if (!dryRun) await claimPruning(store, { ...prune, startedAt, forgotten }, isRunning, signal);
    return prune;
  };
}

/** What a prune came to. */
export interface PruneEnd extends PrunePlan, PruneTally {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Writes the report and lets others have the prefix again. Returns the address of the report. */
export function createClosePrune({ store }: ActivityDependencies) {
  return async ({ signal }: Attempt, prune: Prune, end: PruneEnd): Promise<string> => {
    const { id, prefix, dryRun } = prune;
    const name = jobLayout('prunes', prune).manifest;
    const report: Omit<PruneReport, 'checksum'> = { format: 1, prune: id, prefix, dryRun, ...end, complete: true };
    const address = await writeLast(store, name, report, signal);
    await release(store, prune, signal);
    return address;
  };
}

/** Lets others have the prefix again when a prune ends early. */
export function createReleasePrune({ store }: ActivityDependencies) {
  return ({ signal }: Attempt, prune: Prune): Promise<void> => release(store, prune, signal);
}

async function release(store: BlobStore, prune: Prune, signal: AbortSignal): Promise<void> {
  const { plan, scratch } = jobLayout('prunes', prune);
  for (const beginning of [...scratch, plan]) {
    await eachConcurrently(store.list(beginning, signal), deletesAtOnce, (blob) =>
      deleteUnchanged(store, blob, signal),
    );
  }
  await releasePruning(store, prune, signal);
}
