import type { Inventory, Reservation } from '../../inventory/inventory.ts';
import { asActivities, type Attempt } from '../paged/activity.ts';
import type { ItemResult, BatchSummary } from '../../contracts/orders.ts';
import { toAmount, toCents } from '../../inventory/money.ts';

interface OrderActivityDependencies {
  readonly inventory: Inventory;
}

/** The effects of an order batch. Each may run twice and then changes nothing more. */
export function createOrderActivities({ inventory }: OrderActivityDependencies) {
  return { ...asActivities({ processItem: createProcessItem(inventory) }), summarizeBatch };
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;

/**
 * Checks stock, prices and reserves one line of a batch. The line's batch and index come with the input, not from the activity's
 * context: a rewound batch is another run, and must find what the first one reserved.
 */
function createProcessItem(inventory: Inventory) {
  return (_: Attempt, item: Reservation): Promise<ItemResult> => inventory.reserve(item);
}

/** Counts a batch's results and adds them up, exact to the cent whatever their number and order. */
export async function summarizeBatch(results: readonly ItemResult[]): Promise<BatchSummary> {
  const cents = results.reduce((sum, { lineTotal }) => sum + toCents(lineTotal), 0);
  return {
    processed: results.length,
    reserved: results.filter(({ reserved }) => reserved).length,
    total: toAmount(cents),
  };
}
