import type { Slice, Run } from '../../../contracts/contract.ts';
import type { FileOutcome, PageEntry } from '../../../contracts/manifest.ts';
import { runLayout } from '../../../storage/run-layout.ts';
import { createDirectoryCheck } from '../../../files/confine.ts';
import { createResolver, realFolders } from '../../../files/resolve-within.ts';
import { createBlockReader } from './blocks/read-in-blocks.ts';
import { createFileCopier, type CopyContext, type FileCopier } from './copy-file.ts';
import { failed } from './file-outcome.ts';
import { createFileSystemCheck } from '../../../files/local-disk.ts';
import { createFileOpener } from '../../../files/open-file.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import { eachConcurrently } from '../../../lib/each-concurrently.ts';
import { mayPass, type Attempt } from '../../paged/activity.ts';
import { createFilesAtOnce } from '../../paged/files-at-once.ts';
import { findRoot } from '../../../files/find-root.ts';
import { keepOutcomes } from '../../paged/outcomes.ts';
import { readSlice } from '../../paged/page.ts';
import { createRunLimits } from '../../paged/run-limits.ts';

// A copy that runs alone hides the latency of single requests by itself; the memory budget bounds what they hold.
const filesOfOneCopy = 64;

/** What a copy activity did, for progress and for Temporal's Web UI. Bytes are those of the files that the run now holds. */
export interface SliceResult {
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
}

/**
 * Copies the files of one {@link Slice} and writes their outcomes. A file that cannot be read is an outcome, not an error; storage
 * that is away fails the activity, to be tried again, until the last attempt, when it is an outcome too. An attempt that finds the
 * outcomes written returns at once, and one that follows a crash sends only what is not in storage yet.
 */
export function createCopyFiles(deps: ActivityDependencies) {
  // One for all activities: what they do in this thread adds up.
  const filesAtOnce = createFilesAtOnce();
  const limited = createRunLimits(deps.store);
  const shared = { openFile: createFileOpener(), readInBlocks: createBlockReader() };
  return async (attempt: Attempt, run: Run, copy: Slice): Promise<SliceResult> => {
    const { signal, show } = attempt;
    const progress = show({ files: 0, bytes: 0 });
    const layout = runLayout(run);
    const outcomes = await keepOutcomes(deps.store, layout.outcome(copy.page, copy.number), signal, async () => {
      const copyOne = await openCopier(
        { ...deps, store: limited(run), ...shared },
        run,
        attempt,
        (bytes) => (progress.bytes += bytes),
      );
      const entries = await readSlice<PageEntry>(deps.store, layout.page(copy.page), copy, signal);
      const copied: FileOutcome[] = [];
      await eachConcurrently(entries, filesOfOneCopy, async (entry, index) => {
        const end = await filesAtOnce.begin(signal);
        try {
          copied[index] = await copyOne(entry);
        } finally {
          end();
        }
        progress.files += 1;
      });
      return copied;
    });
    return resultOf(outcomes);
  };
}

async function openCopier(
  deps: ActivityDependencies & Pick<CopyContext, 'openFile' | 'readInBlocks'>,
  run: Run,
  { number: attempt, signal }: Attempt,
  onBytes: (bytes: number) => void,
): Promise<FileCopier> {
  const realRoot = await findRoot(run.root, deps.roots);
  const follows = run.filters?.followSymlinks === true;
  const allowed = follows ? await realFolders(deps.roots) : [Buffer.from(realRoot)];
  const copyFile = createFileCopier({
    ...deps,
    run,
    realRoot,
    signal,
    checkDirectory: createDirectoryCheck(realRoot),
    resolve: follows ? createResolver(allowed) : undefined,
    allowed,
    fileSystemOf: createFileSystemCheck(),
    mayExist: attempt > 1,
    onBytes,
  });
  const last = attempt >= run.options.copyAttempts;
  return (entry) => copyOrExplain(copyFile, entry, { last, signal });
}

async function copyOrExplain(
  copyFile: FileCopier,
  entry: PageEntry,
  { last, signal }: { readonly last: boolean; readonly signal: AbortSignal },
): Promise<FileOutcome> {
  try {
    return await copyFile(entry);
  } catch (error) {
    if ((!last && mayPass(error)) || signal.aborted) throw error;
    return failed(entry, error, 1);
  }
}

function resultOf(outcomes: readonly FileOutcome[]): SliceResult {
  const held = outcomes.filter(
    ({ outcome }) => outcome === 'uploaded' || outcome === 'adopted' || outcome === 'unchanged',
  );
  return {
    files: held.length,
    bytes: held.reduce((sum, { size }) => sum + size, 0),
    failed: outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'changed').length,
  };
}
