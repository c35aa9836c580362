import type { ActivityDependencies } from './dependencies.ts';
import { asActivities, type Attempt } from './paged/activity.ts';
import { createCommitRun } from './backup/commit-run.ts';
import { createCopyFiles } from './backup/copy/copy-files.ts';
import { createForgetRuns } from './prune/forget-runs.ts';
import { createListFailedFiles } from './backup/list-failed.ts';
import { createListFiles } from './backup/list-files.ts';
import { createNewestSuccess } from './notify/newest-success.ts';
import { createNoteFailedBackup } from './backup/note-failed-backup.ts';
import { createOpenRun } from './backup/open-run.ts';
import { createPreviewBackup } from './backup/preview-backup.ts';
import { createPruneActivities } from './prune/index.ts';
import { createReopenRun } from './backup/reopen-run.ts';
import { createRestoreActivities } from './restore/index.ts';
import { createSealPage } from './paged/seal-page.ts';
import { backupKind } from './backup/kind.ts';
import { createVerifyActivities } from './verify/index.ts';
import { markReading, type Reader } from '../claims/reading-mark.ts';

/** The effects of a backup, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createActivities(deps: ActivityDependencies) {
  const copyFiles = createCopyFiles(deps);
  return asActivities({
    openRun: createOpenRun(deps),
    reopenRun: createReopenRun(deps),
    listFiles: createListFiles(deps),
    listFailed: createListFailedFiles(deps),
    copyFiles,
    /** The same for one file, under a name of its own so that Temporal's Web UI tells the two apart. */
    copyFile: copyFiles,
    sealPage: createSealPage(deps.store, backupKind),
    commitRun: createCommitRun(deps),
    noteFailedBackup: createNoteFailedBackup(deps),
    forgetRuns: createForgetRuns(deps),
    resumeReading: createResumeReading(deps),
    ...createRestoreActivities(deps),
    ...createVerifyActivities(deps),
    ...createPruneActivities(deps),
    previewBackup: createPreviewBackup(deps),
    newestSuccess: createNewestSuccess(deps),
  });
}

export type Activities = ReturnType<typeof createActivities>;

/** Says once more which run a restore or a verification reads, when it is rewound. Throws `RunNotFound` when that was forgotten meanwhile. */
function createResumeReading({ store }: ActivityDependencies) {
  return ({ signal }: Attempt, kind: 'restores' | 'verifications', reader: Reader): Promise<void> =>
    markReading(store, kind, reader, signal);
}
