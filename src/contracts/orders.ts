/** What client, workflows and activities say to each other about order batches. Amounts of money are in the catalogue's currency. */

/** One line of an order. */
export interface OrderItem {
  readonly sku: string;
  /** Pieces, a whole number; zero or less asks for nothing, and nothing is reserved. */
  readonly quantity: number;
}

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

/** The most lines that one batch may have. */
export const maxBatchItems = 10_000;

/** Where a running order batch stands. */
export interface BatchProgress {
  readonly suspended: boolean;
  readonly total: number;
  /** Items that have a result. */
  readonly processed: number;
  readonly failed: number;
}
