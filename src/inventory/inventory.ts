import { maxSkuLength, type ItemResult, type OrderItem } from '../contracts/orders.ts';

/** Pieces on hand; what is unlimited never runs out and is not counted. */
export type Stock = number | 'unlimited';

export interface CatalogueRow {
  /** Told apart from others byte by byte: case counts. */
  readonly sku: string;
  /** Price of one piece, at most `maxPriceCents`. */
  readonly priceCents: number;
  /** At most {@link maxStock}. */
  readonly stock: Stock;
}

/** What becomes of an order for a SKU that is not in the catalogue: it fails, or it costs this much and its stock is unlimited. */
export type UnknownSku = 'reject' | { readonly priceCents: number };

/** Prices as the original sample does, which knows no catalogue: 9.99 for everything. */
export const sampleUnknownSku: UnknownSku = { priceCents: 999 };

/** One line of an order, by where it stands. */
export interface Reservation extends OrderItem {
  /** Names the order; the lines of two orders never share it. At most {@link maxNameLength} characters. */
  readonly instanceId: string;
  /** The line's place in the order, from 0. */
  readonly index: number;
}

/** The longest SKU or instance id, in UTF-16 units. */
export const maxNameLength = maxSkuLength;
export const maxStock = 999_999_999_999;

/**
 * A catalogue, its stock, and what was reserved of it. Any number of processes may use the same one at once.
 *
 * The contract, which `test/inventory/inventory.suite.ts` holds every implementation to:
 * - A call happens wholly or not at all, also when the process is killed in the middle; what was answered is on disk.
 * - Stock never falls below zero: of two orders for the last piece, one gets it.
 * - A call ends within 10 s (an import within a minute), by throwing when the database does not answer.
 * - What is thrown is an `ExpectedError`: `InvalidInput` for arguments of the wrong form, naming field and fix; `InventoryUnavailable`,
 *   naming the database without its secrets, when it fails: trying again later may succeed, and is safe.
 */
export interface Inventory {
  /** Where the database is, for people; holds no secret. */
  readonly address: string;

  /**
   * Checks the stock, prices the line and takes its pieces. A line that asks for nothing, or for more than there is, is answered
   * as not reserved and changes no stock.
   *
   * Once for each `instanceId` and `index`: a repeat gets the first answer, whatever stock and price are by then, and changes nothing.
   *
   * Thrown besides the above: `InvalidInput` when a repeat asks for another SKU or quantity than the first call, or when the line
   * would cost more than `maxLineCents`; `UnknownSku` for a SKU outside the catalogue where the inventory was opened to reject
   * those. Neither is recorded.
   */
  reserve(reservation: Reservation): Promise<ItemResult>;

  /**
   * Adds articles, and gives those that are there their new price and stock: the stock is what the row says from now on, whatever
   * was reserved before. Articles without a row stay. `InvalidInput` when a row is malformed or a SKU has two rows.
   */
  importCatalogue(rows: readonly CatalogueRow[]): Promise<void>;

  /** What is left to reserve; undefined when the SKU is not in the catalogue. */
  stockOf(sku: string): Promise<Stock | undefined>;

  /** Releases the database; calling again does nothing. Other calls throw from then on. */
  close(): Promise<void>;
}
