import { isRunId } from '../../history/runs/run-not-found.ts';
import { prefixOf } from '../../contracts/blob-prefix.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { mostPatience, usualPatience, type Prune, type PruneInput } from '../../contracts/prune.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { requireContainer } from '../../storage/require-container.ts';
import { forgottenFolder } from '../../storage/run-layout.ts';
import { checkOptions } from '../backup/check-options.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { jobId } from '../paged/job-id.ts';
import { requireOwner } from '../../claims/claim-prefix.ts';
import { claimPruning, type ForgottenRun } from '../../claims/pruning-mark.ts';

/** Fixes what a prune is about, and has the prefix for itself from then on, unless it is a dry run. */
export function createOpenPrune({ store, prefix: usual, host, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, input: PruneInput, startedAt: string): Promise<Prune> => {
    const { dryRun, patience } = checkWishes(input);
    const prefix = prefixOf(input, usual);
    const options = checkOptions(input.options);
    await requireContainer(store, signal);
    await requireOwner(store, { prefix, host }, signal);
    const prune = { id: jobId(startedAt), container: store.container, prefix, dryRun, patience, options };
    // Read before others are told: who begins to rely on a run after that has seen that none of these can be relied on.
    const forgotten = await readForgotten(store, prefix, signal);
    if (!dryRun) await claimPruning(store, { ...prune, startedAt, forgotten }, isRunning, signal);
    return prune;
  };
}

/** The forgotten runs below a prefix, each with its mark as it is now. */
export async function readForgotten(store: BlobStore, prefix: string, signal: AbortSignal): Promise<ForgottenRun[]> {
  const folder = forgottenFolder(prefix);
  const forgotten: ForgottenRun[] = [];
  for await (const { name, etag } of store.list(folder, signal)) {
    const run = name.slice(folder.length).replace(/\.json$/u, '');
    if (isRunId(run)) forgotten.push({ run, etag });
  }
  return forgotten;
}

function checkWishes({ dryRun = false, patience = usualPatience }: PruneInput): Pick<Prune, 'dryRun' | 'patience'> {
  if (typeof dryRun !== 'boolean') throw invalid(`dryRun: give true or false, not ${JSON.stringify(dryRun)}`);
  if (Number.isInteger(patience) && patience >= 0 && patience <= mostPatience) return { dryRun, patience };
  throw invalid(`patience: give a whole number of milliseconds up to ${mostPatience}, not ${JSON.stringify(patience)}`);
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}
