import type { ActivityDependencies } from './dependencies.ts';
import { createCommitRun } from './commit-run.ts';
import { createCopyFiles } from './copy-files.ts';
import { createForgetRuns } from './forget-runs.ts';
import { createListFailed } from './list-failed.ts';
import { createListFiles } from './list-files.ts';
import { createNewestSuccess } from './newest-success.ts';
import { createNoteFailedBackup } from './note-failed-backup.ts';
import { createOpenRun } from './open-run.ts';
import { createResumeReading } from './open/resume-reading.ts';
import { createPreviewBackup } from './preview-backup.ts';
import { createPruneActivities } from './prune/index.ts';
import { createReopenRun } from './reopen-run.ts';
import { createRestoreActivities } from './restore/index.ts';
import { createSealPage } from './seal-page.ts';
import { createVerifyActivities } from './verify/index.ts';

/** The effects of a backup, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createActivities(deps: ActivityDependencies) {
  const copyFiles = createCopyFiles(deps);
  return {
    openRun: createOpenRun(deps),
    reopenRun: createReopenRun(deps),
    listFiles: createListFiles(deps),
    listFailed: createListFailed(deps),
    copyFiles,
    /** The same for one file, under a name of its own so that Temporal's Web UI tells the two apart. */
    copyFile: copyFiles,
    sealPage: createSealPage(deps),
    commitRun: createCommitRun(deps),
    noteFailedBackup: createNoteFailedBackup(deps),
    forgetRuns: createForgetRuns(deps),
    resumeReading: createResumeReading(deps),
    ...createRestoreActivities(deps),
    ...createVerifyActivities(deps),
    ...createPruneActivities(deps),
    previewBackup: createPreviewBackup(deps),
    newestSuccess: createNewestSuccess(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
