import type { Restore } from '../../../contracts/restore.ts';
import { createThreadChoice, type ThreadChoice } from '../../../files/thread-choice.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import { createCopy, type Copying } from '../../paged/copy.ts';
import { createFilesAtOnce, type FilesAtOnce } from '../../paged/files-at-once.ts';
import { restoreKind, type RestoreEntry } from '../ledger.ts';
import { givesWay } from '../plan/plan-entry.ts';
import { openableTarget } from '../target/closed-folders.ts';
import { createDirectories } from '../target/make-directories.ts';
import type { Targets } from '../target/targets.ts';
import { createGroupSync, type GroupSync } from './group-sync.ts';
import { createPack } from './pack.ts';
import { restoreAll, type RestoreContext } from './restore-paths.ts';
import { isSmall } from './write-file.ts';

// Milliseconds: three times what making a small file takes.
const quickFile = 0.3;
const filesInOneTurn = 32;

/**
 * Restores the paths of one copy. What cannot be written is an outcome, not an error; storage that
 * is away fails the activity, to be tried again, until the last attempt, when it is an outcome too. An attempt that
 * follows a crash writes only what is not there yet.
 */
export function createRestoreFiles(deps: ActivityDependencies, targets: Targets) {
  const perWorker = {
    threadChoice: createThreadChoice({ quick: quickFile, callsInOneTurn: filesInOneTurn }),
    groupSync: createGroupSync(),
    filesAtOnce: createFilesAtOnce(),
    targets,
  };
  return createCopy(deps.store, restoreKind, (copying) =>
    withContext(perWorker, deps, copying, (context) =>
      restoreAll(copying.entries, context, ({ kind }) => (copying.progress.files += kind === 'file' ? 1 : 0)),
    ),
  );
}

/** What all activities of a worker share. */
interface PerWorker {
  readonly threadChoice: ThreadChoice;
  readonly groupSync: GroupSync;
  readonly filesAtOnce: FilesAtOnce;
  readonly targets: Targets;
}

function withContext<T>(
  { threadChoice, groupSync, filesAtOnce, targets }: PerWorker,
  { store, memory }: ActivityDependencies,
  { job: restore, number: attempt, signal, entries, progress }: Copying<Restore, RestoreEntry>,
  work: (context: RestoreContext) => Promise<T>,
): Promise<T> {
  const pack = createPack(groupSync, entries.filter(isSmall).length);
  return targets.inMade(restore.target, ({ realTarget, folders }) =>
    work({
      store,
      memory,
      restore,
      realTarget,
      signal,
      onBytes: (bytes) => (progress.bytes += bytes),
      ...openableTarget(folders, store, jobLayout('restores', restore), signal),
      pack,
      threadChoice,
      filesAtOnce,
      isSyncedTogether: pack.isSyncedTogether,
      directories: createDirectories(folders, givesWay(restore)),
      attempt,
    }),
  );
}
