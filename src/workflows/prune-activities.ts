import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Prune } from '../contracts/prune.ts';
import { checkedOpenOptions, recordOptions } from './paged/activity-options.ts';

/** Once it has begun a prune has to be told, so nothing leaves it unanswered. */
export const { openPrune } = proxyActivities<Activities>({
  ...checkedOpenOptions,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** The activities of one prune, after it was opened. */
export function pruneActivities(prune: Prune) {
  return proxyActivities<Activities>(recordOptions(prune));
}
