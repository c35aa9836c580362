/** What client, workflows and activities say to each other about order batches. Amounts of money are in the catalogue's currency. */

import { z } from 'zod';
import type { Immutable } from './input.ts';

/** The longest SKU, in UTF-16 units. */
export const maxSkuLength = 1000;
/** The most pieces that one line may ask for. */
export const maxQuantity = 999_999_999;
/** The most lines that one batch may have. */
export const maxBatchItems = 10_000;

const quantityRule = `must be a whole number within ±${maxQuantity}`;

const orderItemSchema = z
  .object({
    sku: z
      .string('must be a text')
      .min(1, 'must not be empty')
      .max(maxSkuLength, `must have at most ${maxSkuLength} characters`)
      .regex(/^\P{Cc}*$/u, 'must not hold control characters')
      .refine((sku) => sku.isWellFormed(), 'must be Unicode: it holds half a surrogate pair')
      .meta({ description: 'The article' }),
    quantity: z
      .int(quantityRule)
      .min(-maxQuantity, quantityRule)
      .max(maxQuantity, quantityRule)
      .meta({ description: 'Pieces; zero or less asks for nothing, and nothing is reserved' }),
  })
  .meta({ description: 'One line of an order' });

export const orderBatchSchema = z
  .array(orderItemSchema)
  .max(maxBatchItems, `has more than ${maxBatchItems} items: split it`);

/** One line of an order. */
export type OrderItem = Immutable<z.infer<typeof orderItemSchema>>;

/** What became of one line. */
export interface ItemResult {
  readonly sku: string;
  readonly reserved: boolean;
  /** Quantity × price when reserved, else 0. The number nearest to a decimal of at most two places: 3 × 9.99 is 29.97. */
  readonly lineTotal: number;
}

/** The result of a batch. */
export interface BatchSummary {
  /** Lines that have a result, reserved or not. */
  readonly processed: number;
  readonly reserved: number;
  /** The sum of the lines, exact to the cent. */
  readonly total: number;
}

/** A line that has no result. */
export interface ItemFailure {
  /** The line's place in the batch, from 0. */
  readonly index: number;
  readonly sku: string;
  readonly reason: string;
}

/** Where a running order batch stands. */
export interface BatchProgress {
  readonly suspended: boolean;
  readonly total: number;
  /** Items that have a result. */
  readonly processed: number;
  readonly failed: number;
}

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
