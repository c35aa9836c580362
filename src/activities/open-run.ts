import { createHash } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { Context } from '@temporalio/activity';
import type { BackupInput, Run } from '../shared/contract.ts';
import { ExpectedError, failureTypes } from '../shared/failures.ts';
import { confine } from '../shared/confine.ts';
import { requireContainer } from '../storage/require-container.ts';
import { checkOptions } from './check-options.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';

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
        await checkDirectory(root, deps.roots);
        await requireContainer(deps.store, signal);
        return {
          id: runId(startedAt),
          root,
          container: deps.store.container,
          prefix: deps.prefix,
          options,
        };
      }),
    );
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
    if (error instanceof ExpectedError) throw error;
    throw unreadable(root, error as NodeJS.ErrnoException);
  }
}

function unreadable(root: string, error: NodeJS.ErrnoException): ExpectedError {
  if (error.code === 'ENOENT')
    return new ExpectedError(failureTypes.rootNotFound, `${root} does not exist on the worker's machine`);
  if (error.code === 'ENOTDIR')
    return new ExpectedError(failureTypes.rootNotDirectory, `${root} leads through something that is not a directory`);
  return new ExpectedError(
    failureTypes.rootUnreadable,
    `${root} cannot be read (${error.code}): give the worker's user permission to list it`,
  );
}

// The same for every attempt of one workflow, and different for two workflows started in the same second.
function runId(startedAt: string): string {
  const execution = Context.current().info.workflowExecution;
  const unique = createHash('sha256')
    .update(execution?.runId ?? '')
    .digest('hex')
    .slice(0, 8);
  return `${startedAt.replace(/[-:]|\.\d+/gu, '')}-${unique}`;
}
