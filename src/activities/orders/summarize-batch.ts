import { toAmount, toCents } from '../../inventory/money.ts';
import type { BatchSummary, ItemResult } from '../../contracts/orders.ts';

/** Counts a batch's results and adds them up, exact to the cent whatever their number and order. */
export async function summarizeBatch(results: readonly ItemResult[]): Promise<BatchSummary> {
  const cents = results.reduce((sum, { lineTotal }) => sum + toCents(lineTotal), 0);
  return {
    processed: results.length,
    reserved: results.filter(({ reserved }) => reserved).length,
    total: toAmount(cents),
  };
}
