import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { Context } from '@temporalio/activity';
import type { BackupInput, Run } from '../shared/contract.ts';
import { ExpectedError, failureTypes } from '../shared/failures.ts';
import { lastRun } from '../manifests/run-catalogue.ts';
import { prefixOf } from '../shared/blob-prefix.ts';
import { confine } from '../shared/confine.ts';
import { requireContainer } from '../storage/require-container.ts';
import { checkFilters } from './check-filters.ts';
import { checkOptions } from './check-options.ts';
import { checkUploadLimit } from './check-upload-limit.ts';
import { checkTags } from './check-tags.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { explainRoot } from './find-root.ts';
import { withHeartbeat } from './heartbeat.ts';
import { claimPrefix } from './open/claim-prefix.ts';
import { claimRoot } from './open/claim-root.ts';
import { isPruned } from './open/is-pruned.ts';
import { nextRunId } from './open/run-id.ts';

/** Fixes what a run is about before anything is copied: the directory exists, may be read, and the container is there. */
export function createOpenRun(deps: ActivityDependencies) {
  return (input: BackupInput, startedAt: string): Promise<Run> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const root = resolve(input.root === '' ? deps.workingDirectory : input.root);
        if (input.root.includes('\0')) {
          throw new ExpectedError(failureTypes.invalidInput, 'root: holds a null character, which no path can');
        }
        if (input.root !== '' && !isAbsolute(input.root)) {
          throw new ExpectedError(
            failureTypes.invalidInput,
            `root: ${input.root} is relative; give the absolute path on the worker's machine`,
          );
        }
        const options = checkOptions(input.options);
        const prefix = prefixOf(input, deps.prefix);
        checkUploadLimit(input);
        const tags = checkTags(input.tags);
        const filters = checkFilters(input.filters);
        await checkDirectory(root, deps.roots);
        await requireContainer(deps.store, signal);
        return fixRun(deps, { ...input, root, options, prefix, tags, ...(filters && { filters }) }, startedAt, signal);
      }),
    );
}

async function fixRun(
  { store, host, isRunning }: ActivityDependencies,
  input: BackupInput & Required<Pick<Run, 'options' | 'prefix' | 'tags'>>,
  startedAt: string,
  signal: AbortSignal,
): Promise<Run> {
  const { root, prefix, options, takeOver = false } = input;
  await claimPrefix(store, { prefix, host, since: startedAt, takeOver }, signal);
  const { workflowId: instanceId = '', runId: firstRunId = '' } = Context.current().info.workflowExecution ?? {};
  const run = await nextRunId(store, { prefix, startedAt }, signal);
  const mine = { instanceId, firstRunId, run, startedAt };
  const { run: id, isFirst } = await claimRoot(store, { prefix, root }, mine, isRunning, signal);
  // Only after its own mark is there: of a prune that begins at the same time one sees the other. And before a run is chosen to go by.
  const besidePrune = await isPruned(store, prefix, signal);
  // For a new root, all manifests of the others would be read in vain.
  const last = isFirst ? undefined : await lastRun(store, { prefix, root }, signal);
  const unchanged = aboutUnchanged(input);
  return {
    id,
    root,
    container: store.container,
    prefix,
    options,
    ...(besidePrune && { besidePrune }),
    ...(last && { base: last.manifest.run }),
    ...(unchanged && { unchanged }),
    ...recorded(input),
  };
}

/** What of the input later activities go by. */
function recorded({ uploadLimit, filters, tags = [] }: BackupInput): Pick<Run, 'uploadLimit' | 'filters' | 'tags'> {
  return {
    ...(uploadLimit !== undefined && { uploadLimit }),
    ...(filters && { filters }),
    ...(tags.length > 0 && { tags }),
  };
}

function aboutUnchanged({ checksum = false, repair = false }: BackupInput): Run['unchanged'] {
  if (checksum) return repair ? 'read-and-look-up' : 'read';
  return repair ? 'look-up' : undefined;
}

async function checkDirectory(root: string, roots: readonly string[]): Promise<void> {
  try {
    const real = await confine(root, roots);
    const found = await stat(real);
    if (!found.isDirectory()) {
      throw new ExpectedError(
        failureTypes.rootNotDirectory,
        `${root} is not a directory: give the directory that holds it`,
      );
    }
    await access(real, constants.R_OK | constants.X_OK);
  } catch (error) {
    const explained = explainRoot(root, error);
    throw explained instanceof ExpectedError ? explained : unreadable(root, error as NodeJS.ErrnoException);
  }
}

function unreadable(root: string, error: NodeJS.ErrnoException): ExpectedError {
  return new ExpectedError(
    failureTypes.rootUnreadable,
    `${root} cannot be read (${error.code}): give the worker's user permission to list it`,
  );
}
