import type { BatchProgress, ItemFailure, ItemResult, OrderItem } from './orders.ts';

/** What an order batch takes along when it continues as new, and what a rewound one starts from. */
export interface BatchCarry {
  /** Names the batch to the inventory, which reserves each of its items once, over rewinds too. */
  readonly batchId: string;
  /** By item; null where there is none yet. */
  readonly results: readonly (ItemResult | null)[];
  readonly failures: readonly ItemFailure[];
  readonly progress: BatchProgress;
}

/** Of a batch that has no result yet. */
export function freshCarry(batchId: string, items: readonly OrderItem[]): BatchCarry {
  return {
    batchId,
    results: items.map(() => null),
    failures: [],
    progress: { total: items.length, processed: 0, failed: 0, suspended: false },
  };
}
