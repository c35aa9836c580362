import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CommittedReport } from '../contracts/job.ts';
import type { Restore, RestoreTally } from '../contracts/restore.ts';
import { checkedOpenOptions, sliceOptions, recordOptions } from './paged/activity-options.ts';
import { sliceSummary, gated, pageSummary, type PagedActivities } from './paged/paged-activities.ts';
import type { WorkerQueue } from './paged/worker-queue.ts';
import type { Suspension } from './paged/suspension.ts';

export const { openRestore } = proxyActivities<Activities>(checkedOpenOptions);

type RestoreActivities = PagedActivities<RestoreTally, CommittedReport<RestoreTally>>;

/** The activities of one restore. */
export function restoreActivities(
  restore: Restore,
  suspension: Suspension,
  { queue, reach }: WorkerQueue,
): RestoreActivities {
  const copying = proxyActivities<Activities>({ ...sliceOptions(restore), ...queue });
  const recording = proxyActivities<Activities>(recordOptions(restore));

  const activities: RestoreActivities = {
    list: (page, cursor) =>
      reach((where) =>
        recording.listRestore.executeWithOptions(
          { ...pageSummary(page, cursor), ...where },
          cursor === undefined ? [restore, page] : [restore, page, cursor],
        ),
      ),
    listFailed: (page) =>
      reach((where) =>
        recording.listUnrestored.executeWithOptions({ ...pageSummary(page), ...where }, [restore, page]),
      ),
    copy: (copy) => copying.restoreFiles.executeWithOptions(sliceSummary(copy), [restore, copy]),
    seal: (page, gaveUp) =>
      reach((where) =>
        recording.sealRestorePage.executeWithOptions({ ...pageSummary(page), ...where }, [restore, page, gaveUp]),
      ),
    commit: (times) => reach((where) => recording.commitRestore.executeWithOptions(where, [restore, times])),
  };
  return gated(activities, suspension);
}
