import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CopyResult } from '../activities/copy-files.ts';
import type { CommittedRun, Copy, CopyFailure, Page, Run, SealedPage } from '../shared/contract.ts';
import { copyOptions, openOptions, recordOptions } from './activity-options.ts';
import type { Suspension } from './suspension.ts';

export const { openRun } = proxyActivities<Activities>(openOptions);

/** The activities of one run. All but `copy`, which the fan-out holds back itself, wait while the run is suspended. */
export interface BackupActivities {
  readonly listFiles: (page: number, cursor?: string) => Promise<Page>;
  readonly copy: (copy: Copy) => Promise<CopyResult>;
  readonly sealPage: (page: number, gaveUp: readonly CopyFailure[]) => Promise<SealedPage>;
  readonly listFailed: (page: number) => Promise<Page>;
  readonly commitRun: (times: { startedAt: string; finishedAt: string }) => Promise<CommittedRun>;
}

export function createBackupActivities(run: Run, { gate }: Suspension): BackupActivities {
  const copying = proxyActivities<Activities>(copyOptions(run.options));
  const recording = proxyActivities<Activities>(recordOptions(run.options));

  return {
    listFiles: async (page, cursor) => {
      await gate();
      const summary = cursor === undefined ? `page ${page}` : `page ${page}, after ${cursor}`.slice(0, 200);
      return recording.listFiles.executeWithOptions(
        { summary },
        cursor === undefined ? [run, page] : [run, page, cursor],
      );
    },
    // The summary is what Temporal's Web UI shows beside the activity.
    copy: (copy) =>
      copy.label === undefined
        ? copying.copyFiles.executeWithOptions({ summary: `${copy.files} files, ${copy.bytes} bytes` }, [run, copy])
        : copying.copyFile.executeWithOptions({ summary: copy.label }, [run, copy]),
    sealPage: async (page, gaveUp) => {
      await gate();
      return recording.sealPage.executeWithOptions({ summary: `page ${page}` }, [run, page, gaveUp]);
    },
    listFailed: async (page) => {
      await gate();
      return recording.listFailed.executeWithOptions({ summary: `page ${page}` }, [run, page]);
    },
    commitRun: async (times) => {
      await gate();
      return recording.commitRun(run, times);
    },
  };
}
