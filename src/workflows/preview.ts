import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { BackupInput, Preview } from '../contracts/backup.ts';
import { checkedOpenOptions } from './paged/activity-options.ts';
import { chooseQueue } from './paged/worker-queue.ts';
import { createProgressReport } from './paged/progress-report.ts';
import { startProgress } from './paged/progress.ts';
import { publishPaged } from './paged/paged-job.ts';
import { createSuspension } from './paged/suspension.ts';

const { previewBackup } = proxyActivities<Activities>(checkedOpenOptions);

/** Tells what a backup with this input would do now, and does nothing of it. */
export async function preview(input: BackupInput): Promise<Preview> {
  const report = createProgressReport(startProgress, (now) => publishPaged(now));
  const suspension = createSuspension(report);
  await suspension.gate();
  const { reachFirst } = chooseQueue(input, report, suspension);
  return reachFirst((where) => previewBackup.executeWithOptions(where, [input]));
}
