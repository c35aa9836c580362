import type { Slice } from '../../../contracts/contract.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { SliceResult } from '../../backup/copy/copy-files.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { createFilesAtOnce, type FilesAtOnce } from '../../paged/files-at-once.ts';
import { keepOutcomes } from '../../paged/outcomes.ts';
import { readSlice } from '../../paged/page.ts';
import { createGroupSync, type GroupSync } from './group-sync.ts';
import { createDirectories } from '../target/make-directories.ts';
import { createDirectoryOpener } from '../target/open-directories.ts';
import { createOpenedDirectories } from '../target/opened-directories.ts';
import { createPack } from './pack.ts';
import { givesWay } from '../plan/plan-entry.ts';
import { restoreAll } from './restore-all.ts';
import type { RestoreContext } from './restore-path.ts';
import type { RestoredPath, RestoreEntry } from '../rows.ts';
import type { Targets } from '../target/targets.ts';
import { createThreadChoice, type ThreadChoice } from '../../../files/thread-choice.ts';
import { isSmall } from './write-small.ts';

// Milliseconds: three times what making a small file takes.
const quickFile = 0.3;
const filesInOneTurn = 32;

/**
 * Restores the paths of one {@link Slice} and writes their outcomes. What cannot be written is an outcome, not an error; storage that
 * is away fails the activity, to be tried again, until the last attempt, when it is an outcome too. An attempt that finds the outcomes
 * written returns at once, and one that follows a crash writes only what is not there yet.
 */
export function createRestoreFiles(deps: ActivityDependencies, targets: Targets) {
  const perWorker = {
    threadChoice: createThreadChoice({ quick: quickFile, callsInOneTurn: filesInOneTurn }),
    groupSync: createGroupSync(),
    filesAtOnce: createFilesAtOnce(),
    targets,
  };
  return async ({ number: attempt, signal, show }: Attempt, restore: Restore, copy: Slice): Promise<SliceResult> => {
    const progress = show({ files: 0, bytes: 0 });
    const onBytes = (bytes: number) => (progress.bytes += bytes);
    const layout = jobLayout('restores', restore);
    const blob = layout.outcome(copy.page, copy.number);
    const entries = await readSlice<RestoreEntry>(deps.store, layout.page(copy.page), copy, signal);
    const outcomes = await keepOutcomes(deps.store, blob, signal, () =>
      withContext(perWorker, { deps, restore, attempt, signal, entries, onBytes }, (context) =>
        restoreAll(entries, context, (entry) => (progress.files += entry.kind === 'file' ? 1 : 0)),
      ),
    );
    return resultOf(entries, outcomes);
  };
}

/** What all activities of a worker share. */
interface PerWorker {
  readonly threadChoice: ThreadChoice;
  readonly groupSync: GroupSync;
  readonly filesAtOnce: FilesAtOnce;
  readonly targets: Targets;
}

interface Work {
  readonly deps: ActivityDependencies;
  readonly restore: Restore;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly entries: readonly RestoreEntry[];
  readonly onBytes: (bytes: number) => void;
}

function withContext<T>(
  { threadChoice, groupSync, filesAtOnce, targets }: PerWorker,
  { deps: { store, memory }, restore, attempt, signal, entries, onBytes }: Work,
  work: (context: RestoreContext) => Promise<T>,
): Promise<T> {
  const pack = createPack(groupSync, entries.filter(isSmall).length);
  const opened = createOpenedDirectories(store, jobLayout('restores', restore), signal);
  return targets.inMade(restore.target, ({ realTarget, folders }) =>
    work({
      store,
      memory,
      restore,
      realTarget,
      signal,
      onBytes,
      folders,
      withOpenDirectories: createDirectoryOpener(folders, opened),
      pack,
      threadChoice,
      filesAtOnce,
      isSyncedTogether: pack.isSyncedTogether,
      directories: createDirectories(folders, givesWay(restore)),
      attempt,
    }),
  );
}

function resultOf(entries: readonly RestoreEntry[], outcomes: readonly RestoredPath[]): SliceResult {
  const restored = new Set(outcomes.filter(({ outcome }) => outcome === 'restored').map(({ path }) => path));
  const files = entries.filter(({ kind, path }) => kind === 'file' && restored.has(path));
  return {
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    failed: outcomes.filter(({ outcome }) => outcome === 'failed').length,
  };
}
