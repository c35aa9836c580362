import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CommittedRun, Run, Tally } from '../shared/contract.ts';
import { copyOptions, openOptions, recordOptions } from './activity-options.ts';
import { copySummary, gated, pageSummary, type PagedActivities } from './paged-activities.ts';
import type { Suspension } from './suspension.ts';

export const { openRun } = proxyActivities<Activities>(openOptions);

/** The activities of one backup. */
export function backupActivities(run: Run, suspension: Suspension): PagedActivities<Tally, CommittedRun> {
  const copying = proxyActivities<Activities>(copyOptions(run.options));
  const recording = proxyActivities<Activities>(recordOptions(run.options));

  const activities: PagedActivities<Tally, CommittedRun> = {
    list: (page, cursor) =>
      recording.listFiles.executeWithOptions(
        pageSummary(page, cursor),
        cursor === undefined ? [run, page] : [run, page, cursor],
      ),
    listFailed: (page, only) =>
      recording.listFailed.executeWithOptions(pageSummary(page), only ? [run, page, only] : [run, page]),
    copy: (copy) =>
      (copy.label === undefined ? copying.copyFiles : copying.copyFile).executeWithOptions(copySummary(copy), [
        run,
        copy,
      ]),
    seal: (page, gaveUp) => recording.sealPage.executeWithOptions(pageSummary(page), [run, page, gaveUp]),
    commit: (times) => recording.commitRun(run, times),
  };
  return gated(activities, suspension);
}
