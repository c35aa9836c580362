import type { Run } from '../../../contracts/backup.ts';
import type { FileOutcome, PageEntry } from '../../../contracts/manifest.ts';
import { createDirectoryCheck, createResolver, realFolders } from '../../../files/confine.ts';
import { createBlockReader } from './blocks/read-in-blocks.ts';
import { createFileCopier, type CopyContext, type FileCopier } from './copy-file.ts';
import { failed } from '../file-outcome.ts';
import { createFileSystemCheck } from '../../../files/disks.ts';
import { createFileOpener } from '../../../files/open-file.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import { eachConcurrently } from '../../../lib/each-concurrently.ts';
import { backupKind } from '../kind.ts';
import { createCopy, withOutcomes, type Copying } from '../../paged/copy.ts';
import { createFilesAtOnce } from '../../paged/files-at-once.ts';
import { findRoot } from '../../../files/find-root.ts';
import { createRunLimits } from './run-limits.ts';

// A copy that runs alone hides the latency of single requests by itself; the memory budget bounds what they hold.
const filesOfOneCopy = 64;

/**
 * Copies the files of one copy. A file that cannot be read is an outcome, not an error; storage that is away fails the activity, to be
 * tried again, until the last attempt, when it is an outcome too. An attempt that follows a crash sends only what is not in storage yet.
 */
export function createCopyFiles(deps: ActivityDependencies) {
  // One for all activities: what they do in this thread adds up.
  const filesAtOnce = createFilesAtOnce();
  const limited = createRunLimits(deps.store);
  const shared = { openFile: createFileOpener(), readInBlocks: createBlockReader() };
  return createCopy(deps.store, backupKind, async (copying) => {
    const { job: run, entries, progress, signal } = copying;
    const copyFile = await openCopier({ ...deps, store: limited(run), ...shared }, copying);
    const copyOne = withOutcomes(copying, run.options, copyFile, (entry, error) => failed(entry, error, 1));
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
}

async function openCopier(
  deps: ActivityDependencies & Pick<CopyContext, 'openFile' | 'readInBlocks'>,
  { job: run, number: attempt, signal, progress }: Copying<Run, PageEntry>,
): Promise<FileCopier> {
  const realRoot = await findRoot(run.root, deps.roots);
  const follows = run.filters?.followSymlinks === true;
  const allowed = follows ? await realFolders(deps.roots) : [Buffer.from(realRoot)];
  return createFileCopier({
    ...deps,
    run,
    realRoot,
    signal,
    checkDirectory: createDirectoryCheck(realRoot),
    resolve: follows ? createResolver(allowed) : undefined,
    allowed,
    fileSystemOf: createFileSystemCheck(),
    mayExist: attempt > 1,
    onBytes: (bytes) => (progress.bytes += bytes),
  });
}
