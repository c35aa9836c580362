import { patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { openOptions } from './paged/activity-options.ts';
import type { WorkerQueue } from './paged/worker-queue.ts';

const opening = proxyActivities<Activities>(openOptions);

interface ReaderCarry {
  readonly run: { readonly prefix: string; readonly id: string; readonly run: string };
}

/**
 * What a restore or a verification goes on from. One that was rewound says again that it reads its run; one that continues as new has
 * never stopped. Fails with `RunNotFound` when the run was forgotten meanwhile.
 */
export async function resumeReading<C extends ReaderCarry>(
  kind: 'restores' | 'verifications',
  carry: C,
  { reachFirst }: Pick<WorkerQueue, 'reachFirst'>,
): Promise<C> {
  if (workflowInfo().continuedFromExecutionRunId !== undefined || !patched('resume-reading')) return carry;
  const { prefix, id, run } = carry.run;
  await reachFirst((where) => opening.resumeReading.executeWithOptions(where, [kind, { prefix, id, run }]));
  return carry;
}
