import { ParentClosePolicy, patched, startChild, workflowInfo } from '@temporalio/workflow';
import { workflowNames } from '../contracts/job.ts';
import { listOf, type Notice, type NotifyInput, type TargetKind } from '../contracts/notice.ts';
import { compactTime } from '../lib/units.ts';
import type { notify } from './notify.ts';

/**
 * Has targets told by a workflow of their own, and does not wait for it. Resolves with its id once it is started; undefined when there
 * is nobody to tell.
 */
export async function startNotifying(
  notice: Notice,
  kinds: readonly TargetKind[] | undefined,
  how: Pick<NotifyInput, 'worker' | 'options'>,
): Promise<string | undefined> {
  if (!kinds || kinds.length === 0) return undefined;
  const targets = kinds.map((kind, index) => ({ list: listOf(notice.event), index, kind }));
  const workflowId = `notify-${notice.source}-${notice.event}-${compactTime(notice.at)}-${uniquePart(workflowInfo().runId)}`;
  await startChild<typeof notify>(workflowNames.notify, {
    workflowId,
    args: [{ notice, targets, ...how }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    // Not the text: the server refuses a summary of more than 400 bytes.
    staticSummary: `Tells of ${notice.event} of ${notice.source}`,
  });
  return workflowId;
}

/**
 * Makes the id of a run that ends in the same second, or that was begun anew, another one. The server's run ids are of version 7 of RFC 9562:
 * they begin with the time, and only their end is random.
 */
function uniquePart(runId: string): string {
  return patched('notify-id-by-random-part') ? runId.slice(-8) : runId.slice(0, 8);
}
