import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { OrderActivities } from '../activities/orders/index.ts';
import { nonRetryableFailureTypes } from '../contracts/failures.ts';

/** Short database transactions, idempotent, tried again through an outage of about a minute. */
export const { processItem, summarizeBatch } = proxyActivities<OrderActivities>({
  // The inventory gives up within about ten seconds; what takes longer died with its worker.
  startToCloseTimeout: '15s',
  // What a worker has begun when the batch is suspended or cancelled is done all the same, so its result counts.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '200ms',
    backoffCoefficient: 2,
    maximumInterval: '10s',
    maximumAttempts: 12,
    nonRetryableErrorTypes: [...nonRetryableFailureTypes],
  },
});
