import { Context } from '@temporalio/activity';
import type { Copy } from '../../shared/contract.ts';
import { eachConcurrently } from '../../shared/each-concurrently.ts';
import type { Restore } from '../../shared/restore.ts';
import { isBlobStoreError } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { CopyResult } from '../copy-files.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withFailureTypes } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { keepOutcomes } from '../outcomes.ts';
import { readCopy } from '../page.ts';
import { explainFailure } from './explain-failure.ts';
import { createDirectories } from './make-directories.ts';
import { givesWay } from './plan-entry.ts';
import { restorePath, type RestoreContext } from './restore-path.ts';
import type { RestoredPath, RestoreEntry } from './rows.ts';
import { createSelection } from './select-paths.ts';
import { makeTarget } from './target-directory.ts';

// Hides the latency of single requests; the memory budget bounds what they hold.
const filesAtOnce = 8;

/**
 * Restores the paths of one {@link Copy} and writes their outcomes. What cannot be written is an outcome, not an error; storage that
 * is away fails the activity, to be tried again, until the last attempt, when it is an outcome too. An attempt that finds the outcomes
 * written returns at once, and one that follows a crash writes only what is not there yet.
 */
export function createRestoreFiles(deps: ActivityDependencies) {
  return (restore: Restore, copy: Copy): Promise<CopyResult> =>
    withFailureTypes(() => {
      const progress = { files: 0, bytes: 0 };
      return withHeartbeat(
        async (signal) => {
          const layout = jobLayout('restores', restore);
          const blob = layout.outcome(copy.page, copy.number);
          const entries = await readCopy<RestoreEntry>(deps.store, layout.page(copy.page), copy, signal);
          const outcomes = await keepOutcomes(deps.store, blob, signal, async () => {
            const context = await openContext(deps, restore, signal, (bytes) => (progress.bytes += bytes));
            const restored: RestoredPath[] = [];
            await eachConcurrently(entries, filesAtOnce, async (entry, index) => {
              restored[index] = await restoreOrExplain(entry, context);
              if (entry.kind === 'file') progress.files += 1;
            });
            await context.directories.sync();
            return restored;
          });
          return resultOf(entries, outcomes);
        },
        () => ({ ...progress }),
      );
    });
}

async function openContext(
  { store, memory, roots }: ActivityDependencies,
  restore: Restore,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<RestoreContext> {
  const realTarget = await makeTarget(restore.target, roots);
  return {
    store,
    memory,
    restore,
    realTarget,
    signal,
    onBytes,
    selection: createSelection(restore.paths),
    directories: createDirectories(realTarget, givesWay(restore)),
    attempt: Context.current().info.attempt,
  };
}

async function restoreOrExplain(entry: RestoreEntry, context: RestoreContext): Promise<RestoredPath> {
  const { signal, attempt, restore } = context;
  const { path } = entry;
  try {
    return { path, ...(await restorePath(entry, context)), attempts: attempt };
  } catch (error) {
    const isLast = attempt >= restore.options.copyAttempts;
    if ((isPassing(error) && !isLast) || signal.aborted) throw error;
    return { path, outcome: 'failed', reason: explainFailure(error, context.realTarget), attempts: attempt };
  }
}

/** Whether another attempt may fare better. */
function isPassing(error: unknown): boolean {
  if (isBlobStoreError(error, 'unavailable') || isBlobStoreError(error, 'precondition-failed')) return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // What was written is gone: a later attempt, which took this one for dead, cleared it away, and the outcome is that one's to tell.
  return code === 'ENOENT' && syscall === 'rename';
}

function resultOf(entries: readonly RestoreEntry[], outcomes: readonly RestoredPath[]): CopyResult {
  const restored = new Set(outcomes.filter(({ outcome }) => outcome === 'restored').map(({ path }) => path));
  const files = entries.filter(({ kind, path }) => kind === 'file' && restored.has(path));
  return {
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    failed: outcomes.filter(({ outcome }) => outcome === 'failed').length,
  };
}
