import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CommittedReport } from '../shared/contract.ts';
import type { Restore, RestoreTally } from '../shared/restore.ts';
import { checkedOpenOptions, copyOptions, recordOptions } from './activity-options.ts';
import { copySummary, gated, pageSummary, type PagedActivities } from './paged-activities.ts';
import type { Suspension } from './suspension.ts';

export const { openRestore } = proxyActivities<Activities>(checkedOpenOptions);

type RestoreActivities = PagedActivities<RestoreTally, CommittedReport<RestoreTally>>;

/** The activities of one restore. */
export function restoreActivities(restore: Restore, suspension: Suspension): RestoreActivities {
  const copying = proxyActivities<Activities>(copyOptions(restore.options));
  const recording = proxyActivities<Activities>(recordOptions(restore.options));

  const activities: RestoreActivities = {
    list: (page, cursor) =>
      recording.listRestore.executeWithOptions(
        pageSummary(page, cursor),
        cursor === undefined ? [restore, page] : [restore, page, cursor],
      ),
    listFailed: (page) => recording.listUnrestored.executeWithOptions(pageSummary(page), [restore, page]),
    copy: (copy) => copying.restoreFiles.executeWithOptions(copySummary(copy), [restore, copy]),
    seal: (page, gaveUp) => recording.sealRestorePage.executeWithOptions(pageSummary(page), [restore, page, gaveUp]),
    commit: (times) => recording.commitRestore(restore, times),
  };
  return gated(activities, suspension);
}
