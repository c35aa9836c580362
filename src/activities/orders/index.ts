import type { Inventory } from '../../inventory/inventory.ts';
import { createProcessItem } from './process-item.ts';
import { summarizeBatch } from './summarize-batch.ts';

export interface OrderActivityDependencies {
  readonly inventory: Inventory;
}

/** The effects of an order batch. Each may run twice and then changes nothing more. */
export function createOrderActivities({ inventory }: OrderActivityDependencies) {
  return { processItem: createProcessItem(inventory), summarizeBatch };
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;
