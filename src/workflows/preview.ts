import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { BackupInput } from '../shared/contract.ts';
import type { Preview } from '../shared/preview.ts';
import { checkedOpenOptions } from './activity-options.ts';
import { createPlace } from './place.ts';
import { createProgressReport } from './progress-report.ts';
import { startProgress } from './progress.ts';
import { publishPaged } from './publish.ts';
import { createSuspension } from './suspension.ts';

const { previewBackup } = proxyActivities<Activities>(checkedOpenOptions);

/** Tells what a backup with this input would do now, and does nothing of it. */
export async function preview(input: BackupInput): Promise<Preview> {
  const report = createProgressReport(startProgress, (now) => publishPaged(undefined, undefined, now));
  const suspension = createSuspension(report);
  await suspension.firstGate();
  const { reachFirst } = createPlace(input, report, suspension);
  return reachFirst((where) => previewBackup.executeWithOptions(where, [input]));
}
