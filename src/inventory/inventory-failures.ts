import { ExpectedError, failureTypes } from '../contracts/failures.ts';

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
