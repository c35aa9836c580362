import { maxQuantity } from '../contracts/orders.ts';
import { maxNameLength, maxStock, type CatalogueRow, type Reservation } from './inventory.ts';
import { maxPriceCents } from './money.ts';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';

/** Throws `InvalidInput` unless a database can keep the line as it is. */
export function checkReservation({ instanceId, index, sku, quantity }: Reservation): void {
  const wrong =
    nameProblem('instanceId', instanceId) ??
    nameProblem('sku', sku) ??
    numberProblem('index', index, 0, Number.MAX_SAFE_INTEGER) ??
    numberProblem('quantity', quantity, -maxQuantity, maxQuantity);
  if (wrong !== undefined) throw invalidInput(wrong);
}

/** Throws `InvalidInput` unless a database can keep the SKU as it is. */
export function checkSku(sku: string): void {
  const wrong = nameProblem('sku', sku);
  if (wrong !== undefined) throw invalidInput(wrong);
}

/** Throws `InvalidInput` that names the first row that cannot be kept, or the first SKU that has two. */
export function checkCatalogue(rows: readonly CatalogueRow[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const wrong = rowProblem(row) ?? (seen.has(row.sku) ? 'sku has a row before this one: keep one' : undefined);
    if (wrong !== undefined) throw invalidInput(`Catalogue row ${JSON.stringify(row.sku)}: ${wrong}`);
    seen.add(row.sku);
  }
}

function rowProblem({ sku, priceCents, stock }: CatalogueRow): string | undefined {
  return (
    nameProblem('sku', sku) ??
    numberProblem('priceCents', priceCents, 0, maxPriceCents) ??
    (stock === 'unlimited' ? undefined : numberProblem('stock', stock, 0, maxStock))
  );
}

/** Why a text cannot name a SKU or an order, or undefined: a database would refuse it, or give back another. */
export function nameProblem(field: string, name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return `${field} is missing: it must be a text that is not empty`;
  if (name.length > maxNameLength) return `${field} is longer than ${maxNameLength} characters: shorten it`;
  if (/\p{Cc}/u.test(name)) return `${field} holds a control character: take it out`;
  return name.isWellFormed() ? undefined : `${field} is not Unicode: it holds half a surrogate pair`;
}

function numberProblem(field: string, value: unknown, min: number, max: number): string | undefined {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return undefined;
  return `${field} must be a whole number from ${min} to ${max}, not ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
}

export function invalidInput(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}

export function unknownSku(sku: string): ExpectedError {
  return new ExpectedError(failureTypes.unknownSku, `${sku} is not in the catalogue: import it, or mend the order`);
}

/** `address` is where the database is, without secrets. */
export function inventoryUnavailable(address: string, cause: unknown): ExpectedError {
  return new ExpectedError(
    failureTypes.inventoryUnavailable,
    `The inventory at ${address} is not usable: ${reasonOf(cause)}`,
    {
      cause,
    },
  );
}

// A refused connection to a name of several addresses is an AggregateError, whose own message is empty.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message || error.name : String(error);
}
