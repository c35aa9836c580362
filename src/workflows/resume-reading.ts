import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { openOptions } from './paged/activity-options.ts';
import type { WorkerQueue } from './paged/worker-queue.ts';

const opening = proxyActivities<Activities>(openOptions);

/** Says again that a restore or a verification that was rewound reads its run. Fails with `RunNotFound` when that was forgotten meanwhile. */
export async function resumeReading<R extends { readonly prefix: string; readonly id: string; readonly run: string }>(
  kind: 'restores' | 'verifications',
  job: R,
  { reachFirst }: WorkerQueue,
): Promise<R> {
  const { prefix, id, run } = job;
  await reachFirst((where) => opening.resumeReading.executeWithOptions(where, [kind, { prefix, id, run }]));
  return job;
}
