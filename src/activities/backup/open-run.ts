import { Context } from '@temporalio/activity';
import type { BackupInput, OpenedRun, Run } from '../../contracts/backup.ts';
import { lastRuns, referenceFor } from '../../history/runs/last-runs.ts';
import { requireContainer } from '../../storage/require-container.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { claimPrefix } from '../../claims/claim-prefix.ts';
import { claimRoot } from '../../claims/claim-root.ts';
import { isPruned } from '../../claims/pruning-mark.ts';
import { readInput, type ReadInput } from './read-input.ts';
import { rootFileSystem } from '../../files/mounts.ts';
import { nextRunId } from './run-id.ts';

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
    ...recorded(input),
  };
}

/** What of the input later activities go by. */
function recorded(input: BackupInput): Pick<Run, 'uploadLimit' | 'maxLoss' | 'filters' | 'tags' | 'unchanged'> {
  const { uploadLimit, maxLoss, filters, tags = [] } = input;
  const unchanged = aboutUnchanged(input);
  return {
    ...(unchanged && { unchanged }),
    ...(uploadLimit !== undefined && { uploadLimit }),
    ...(maxLoss !== undefined && { maxLoss }),
    ...(filters && { filters }),
    ...(tags.length > 0 && { tags }),
  };
}

function aboutUnchanged({ checksum = false, repair = false }: BackupInput): Run['unchanged'] {
  if (checksum) return repair ? 'read-and-look-up' : 'read';
  return repair ? 'look-up' : undefined;
}
