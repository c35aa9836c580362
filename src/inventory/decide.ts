import type { ItemResult } from '../contracts/orders.ts';
import { invalidInput, unknownSku } from './check-input.ts';
import type { Reservation, Stock, UnknownSku } from './inventory.ts';
import { maxLineCents, toAmount } from './money.ts';

/** What the catalogue says of a SKU. */
export interface Article {
  readonly priceCents: number;
  readonly stock: Stock;
}

/** The answer to a line, as a database keeps it. */
export interface Answer {
  readonly reserved: boolean;
  readonly lineCents: number;
}

/** A line that was answered before. */
export interface Answered extends Answer {
  readonly sku: string;
  readonly quantity: number;
}

/**
 * The answer to a new line. Throws `UnknownSku` when it has no article and those are rejected, and `InvalidInput` when it would cost
 * more than {@link maxLineCents}.
 */
export function decide({ sku, quantity }: Reservation, article: Article | undefined, policy: UnknownSku): Answer {
  const refused = { reserved: false, lineCents: 0 };
  if (quantity <= 0) return refused;
  const { priceCents, stock } = article ?? unlisted(sku, policy);
  if (stock !== 'unlimited' && quantity > stock) return refused;
  const lineCents = priceCents * quantity;
  if (lineCents <= maxLineCents) return { reserved: true, lineCents };
  throw invalidInput(
    `${quantity} × ${sku} costs more than ${toAmount(maxLineCents)}, the most for one line: divide the quantity`,
  );
}

function unlisted(sku: string, policy: UnknownSku): Article {
  if (policy === 'reject') throw unknownSku(sku);
  return { priceCents: policy.priceCents, stock: 'unlimited' };
}

/** The answer to a repeat: the first one. Throws `InvalidInput` when the line has changed since. */
export function repeat({ instanceId, index, sku, quantity }: Reservation, first: Answered): ItemResult {
  if (first.sku === sku && first.quantity === quantity) return toResult(sku, first);
  throw invalidInput(
    `Line ${index} of ${instanceId} was answered as ${first.quantity} × ${first.sku} and cannot become ${quantity} × ${sku}: ` +
      'start another order',
  );
}

export function toResult(sku: string, { reserved, lineCents }: Answer): ItemResult {
  return { sku, reserved, lineTotal: toAmount(lineCents) };
}
