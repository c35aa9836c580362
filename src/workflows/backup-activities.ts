import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CommittedRun, Run, Tally } from '../contracts/backup.ts';
import { sliceOptions, openOptions, recordOptions } from './paged/activity-options.ts';
import { sliceSummary, gated, pageSummary, type PagedActivities } from './paged/paged-activities.ts';
import type { WorkerQueue } from './paged/worker-queue.ts';
import type { Suspension } from './paged/suspension.ts';

export const { openRun, reopenRun } = proxyActivities<Activities>(openOptions);

/** The activities of one backup. */
export function backupActivities(
  run: Run,
  suspension: Suspension,
  { queue, reach }: WorkerQueue,
): PagedActivities<Tally, CommittedRun> {
  const copying = proxyActivities<Activities>({ ...sliceOptions(run), ...queue });
  const recording = proxyActivities<Activities>(recordOptions(run));

  const activities: PagedActivities<Tally, CommittedRun> = {
    list: (page, cursor) =>
      reach((where) =>
        recording.listFiles.executeWithOptions(
          { ...pageSummary(page, cursor), ...where },
          cursor === undefined ? [run, page] : [run, page, cursor],
        ),
      ),
    listFailed: (page, only) =>
      reach((where) =>
        recording.listFailed.executeWithOptions(
          { ...pageSummary(page), ...where },
          only ? [run, page, only] : [run, page],
        ),
      ),
    copy: (copy) =>
      (copy.label === undefined ? copying.copyFiles : copying.copyFile).executeWithOptions(sliceSummary(copy), [
        run,
        copy,
      ]),
    seal: (page, gaveUp) =>
      reach((where) => recording.sealPage.executeWithOptions({ ...pageSummary(page), ...where }, [run, page, gaveUp])),
    commit: (times) => reach((where) => recording.commitRun.executeWithOptions(where, [run, times])),
  };
  return gated(activities, suspension);
}
