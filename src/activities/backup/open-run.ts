import { Context } from '@temporalio/activity';
import { takenAlongOf, type BackupInput, type OpenedRun, type Run } from '../../contracts/backup.ts';
import { lastRuns, referenceFor } from '../../history/runs/last-runs.ts';
import { requireContainer } from '../../storage/require-container.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { claimPrefix } from '../../claims/claim-prefix.ts';
import { claimRoot } from '../../claims/claim-root.ts';
import { isPruned } from '../../claims/pruning-mark.ts';
import { readInput, type ReadInput } from './read-input.ts';
import { rootFileSystem } from '../../files/mounts.ts';
import { listRuns } from '../../history/runs/run-catalogue.ts';
import { startOf } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobId } from '../paged/job-id.ts';

/** Fixes what a run is about before anything is copied: the directory exists, may be read, and the container is there. */
export function createOpenRun(deps: ActivityDependencies) {
  return async ({ signal }: Attempt, input: BackupInput, startedAt: string): Promise<OpenedRun> => {
    const wanted = await readInput(deps, input);
    await requireContainer(deps.store, signal);
    return { run: await fixRun(deps, wanted, startedAt, signal), rootAttributes: wanted.rootAttributes };
  };
}

async function fixRun(
  { store, host, isRunning }: ActivityDependencies,
  input: ReadInput,
  startedAt: string,
  signal: AbortSignal,
): Promise<Run> {
  const { root, prefix, options, filters, takeOver = false } = input;
  await claimPrefix(store, { prefix, host, since: startedAt, takeOver }, signal);
  const { workflowId: instanceId = '', runId: firstRunId = '' } = Context.current().info.workflowExecution ?? {};
  const run = await nextRunId(store, { prefix, startedAt }, signal);
  const mine = { instanceId, firstRunId, run, startedAt };
  const { run: id, isFirst } = await claimRoot(store, { prefix, root }, mine, isRunning, signal);
  // Only after its own mark is there: of a prune that begins at the same time one sees the other. And before a run is chosen to go by.
  const besidePrune = await isPruned(store, prefix, signal);
  // For a new root, all manifests of the others would be read in vain.
  const last = isFirst ? {} : await lastRuns(store, { prefix, root, filters }, signal);
  const fileSystem = await rootFileSystem(root);
  const reference = referenceFor(last, input);
  return {
    id,
    root,
    container: store.container,
    prefix,
    options,
    ...(besidePrune && { besidePrune }),
    ...(last.base && { base: last.base.run }),
    ...(reference && { reference }),
    ...(fileSystem && { fileSystem }),
    ...aboutUnchanged(input),
    ...takenAlongOf(input),
  };
}

function aboutUnchanged({ checksum = false, repair = false }: BackupInput): Pick<Run, 'unchanged'> {
  if (checksum) return { unchanged: repair ? 'read-and-look-up' : 'read' };
  return repair ? { unchanged: 'look-up' } : {};
}

/**
 * The id of a run that begins now. It sorts after every run that is there: when the clock was set back since the newest of them, its
 * time is a second past that one's.
 */
async function nextRunId(
  store: BlobStore,
  { prefix, startedAt }: { readonly prefix: string; readonly startedAt: string },
  signal: AbortSignal,
): Promise<string> {
  const own = jobId(startedAt);
  for await (const newest of listRuns(store, prefix, signal)) {
    const time = Date.parse(startOf(newest));
    return own > newest || Number.isNaN(time) ? own : jobId(new Date(time + 1000).toISOString());
  }
  return own;
}
