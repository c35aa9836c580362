import type { Inventory, Reservation } from '../../inventory/inventory.ts';
import type { ItemResult } from '../../contracts/orders.ts';
import { withFailureTypes } from '../paged/failures.ts';

/**
 * Checks stock, prices and reserves one line of a batch. The line's batch and index come with the input, not from the activity's
 * context: a rewound batch is another run, and must find what the first one reserved.
 */
export function createProcessItem(inventory: Inventory) {
  return (item: Reservation): Promise<ItemResult> => withFailureTypes(() => inventory.reserve(item));
}
