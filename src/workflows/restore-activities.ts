import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CommittedReport } from '../shared/contract.ts';
import type { Restore, RestoreTally } from '../shared/restore.ts';
import { checkedOpenOptions, copyOptions, recordOptions } from './activity-options.ts';
import { copySummary, gated, pageSummary, type PagedActivities } from './paged-activities.ts';
import type { Place } from './place.ts';
import type { Suspension } from './suspension.ts';

export const { openRestore } = proxyActivities<Activities>(checkedOpenOptions);

type RestoreActivities = PagedActivities<RestoreTally, CommittedReport<RestoreTally>>;

/** The activities of one restore. */
export function restoreActivities(
  restore: Restore,
  suspension: Suspension,
  { queue, reach }: Place,
): RestoreActivities {
  const copying = proxyActivities<Activities>({ ...copyOptions(restore), ...queue });
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
    copy: (copy) => copying.restoreFiles.executeWithOptions(copySummary(copy), [restore, copy]),
    seal: (page, gaveUp) =>
      reach((where) =>
        recording.sealRestorePage.executeWithOptions({ ...pageSummary(page), ...where }, [restore, page, gaveUp]),
      ),
    commit: (times) => reach((where) => recording.commitRestore.executeWithOptions(where, [restore, times])),
  };
  return gated(activities, suspension);
}
