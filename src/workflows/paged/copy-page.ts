import { isCancellation } from '@temporalio/workflow';
import type { JobOptions, SliceFailure, Page, SliceResult } from '../../contracts/job.ts';
import { reasonOf } from './failure-reason.ts';
import { fanOut } from './fan-out.ts';
import type { PagedActivities } from './paged-activities.ts';
import type { Suspension } from './suspension.ts';

/**
 * Copies a page, up to the run's window at once. Returns the copies that gave up; one that does never holds up the others.
 * Throws when the workflow is cancelled, once no copy runs any more.
 */
export async function copyPage(
  { options }: { readonly options: JobOptions },
  page: Page,
  { copy }: Pick<PagedActivities<unknown, unknown>, 'copy'>,
  { gate, recallable }: Suspension,
  onCopied: (result: SliceResult) => void,
): Promise<SliceFailure[]> {
  const results = await fanOut(page.copies, async (item) => onCopied(await recallable(() => copy(item))), {
    limit: options.window,
    gate,
    stopOn: isCancellation,
  });
  return results.flatMap((result, number) =>
    result.status === 'rejected' ? [{ number, reason: reasonOf(result.reason) }] : [],
  );
}
