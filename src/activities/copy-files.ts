import { Context } from '@temporalio/activity';
import type { Copy, Run } from '../shared/contract.ts';
import { reasonOf } from './walk.ts';
import type { FileOutcome, PageEntry } from '../shared/manifest.ts';
import { isBlobStoreError } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';
import { runLayout } from '../storage/run-layout.ts';
import { confine, createDirectoryCheck } from '../shared/confine.ts';
import { createFileCopier, type FileCopier } from './copy/copy-file.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { eachConcurrently } from '../shared/each-concurrently.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';

// Hides the latency of single requests; the memory budget bounds what they hold.
const filesAtOnce = 8;

/** What a copy activity did, for progress and for Temporal's Web UI. Bytes are those of the files that the run now holds. */
export interface CopyResult {
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
}

/**
 * Copies the files of one {@link Copy} and writes their outcomes. A file that cannot be read is an outcome, not an error; storage
 * that is away fails the activity, to be tried again, until the last attempt, when it is an outcome too. An attempt that finds the
 * outcomes written returns at once, and one that follows a crash sends only what is not in storage yet.
 */
export function createCopyFiles(deps: ActivityDependencies) {
  return (run: Run, copy: Copy): Promise<CopyResult> =>
    withFailureTypes(() => {
      const progress = { files: 0, bytes: 0 };
      return withHeartbeat(
        async (signal) => {
          const { attempt } = Context.current().info;
          const outcomeBlob = runLayout(run).outcome(copy.page, copy.number);
          const earlier = attempt > 1 ? await readOutcomes(deps, outcomeBlob, signal) : undefined;
          if (earlier) return resultOf(earlier);

          const realRoot = await confine(run.root, deps.roots);
          const copyFile = createFileCopier({
            ...deps,
            run,
            realRoot,
            signal,
            checkDirectory: createDirectoryCheck(realRoot),
            mayExist: attempt > 1,
            onBytes: (bytes) => (progress.bytes += bytes),
          });
          const entries = await readEntries(deps, run, copy, signal);
          const outcomes: FileOutcome[] = [];
          await eachConcurrently(entries, filesAtOnce, async (entry, index) => {
            outcomes[index] = await copyOrExplain(copyFile, entry, attempt >= run.options.copyAttempts);
            progress.files += 1;
          });
          await deps.store.put(outcomeBlob, Buffer.from(toNdjson(outcomes)), { signal });
          return resultOf(outcomes);
        },
        () => ({ ...progress }),
      );
    });
}

async function copyOrExplain(copyFile: FileCopier, entry: PageEntry, lastAttempt: boolean): Promise<FileOutcome> {
  try {
    return await copyFile(entry);
  } catch (error) {
    const retryable = isBlobStoreError(error, 'unavailable') || isBlobStoreError(error, 'precondition-failed');
    if (!lastAttempt && retryable) throw error;
    if (Context.current().cancellationSignal.aborted) throw error;
    const { path, size, mtimeNs, ctimeNs, mode } = entry;
    return { path, size, mtimeNs, ctimeNs, mode, outcome: 'failed', reason: reasonOf(error), attempts: 1 };
  }
}

async function readEntries(
  deps: ActivityDependencies,
  run: Run,
  copy: Copy,
  signal: AbortSignal,
): Promise<PageEntry[]> {
  const lines = await deps.store.read(runLayout(run).page(copy.page), { from: copy.from, to: copy.to }, signal);
  return parseNdjson<PageEntry>(lines.toString()).filter((entry) => entry.copy === copy.number);
}

async function readOutcomes(
  deps: ActivityDependencies,
  name: string,
  signal: AbortSignal,
): Promise<FileOutcome[] | undefined> {
  try {
    return parseNdjson((await deps.store.read(name, { from: 0 }, signal)).toString());
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) return undefined;
    throw error;
  }
}

function resultOf(outcomes: readonly FileOutcome[]): CopyResult {
  const held = outcomes.filter(({ outcome }) => outcome === 'uploaded' || outcome === 'adopted');
  return {
    files: held.length,
    bytes: held.reduce((sum, { size }) => sum + size, 0),
    failed: outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'changed').length,
  };
}
