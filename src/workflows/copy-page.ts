import { isCancellation } from '@temporalio/workflow';
import type { CopyResult } from '../activities/copy-files.ts';
import type { CopyFailure, Page, Run } from '../shared/contract.ts';
import type { BackupActivities } from './backup-activities.ts';
import { reasonOf } from './failure-reason.ts';
import { fanOut } from './fan-out.ts';
import type { Suspension } from './suspension.ts';

/**
 * Copies a page, up to the run's window at once. Returns the copies that gave up; one that does never holds up the others.
 * Throws when the workflow is cancelled, once no copy runs any more.
 */
export async function copyPage(
  run: Run,
  page: Page,
  { copy }: BackupActivities,
  { gate }: Suspension,
  onCopied: (result: CopyResult) => void,
): Promise<CopyFailure[]> {
  const results = await fanOut(page.copies, async (item) => onCopied(await copy(item)), {
    limit: run.options.window,
    gate,
    stopOn: isCancellation,
  });
  return results.flatMap((result, number) =>
    result.status === 'rejected' ? [{ number, reason: reasonOf(result.reason) }] : [],
  );
}
