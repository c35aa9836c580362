import { proxyActivities } from '@temporalio/workflow';
import type { OrderActivities } from '../src/activities/orders/index.ts';
import type { OrderItem } from '../src/contracts/orders.ts';

export { processBatch } from '../src/workflows/process-batch.ts';

const { processItem, summarizeBatch } = proxyActivities<OrderActivities>({ startToCloseTimeout: '30s' });

/** The same batch with each item awaited before the next one starts: the mistake that fanning out mends. */
export async function processBatchInSeries(items: readonly OrderItem[]) {
  const results = [];
  for (const [index, item] of items.entries()) {
    results.push(await processItem({ instanceId: 'series', index, ...item }));
  }
  return summarizeBatch(results);
}
