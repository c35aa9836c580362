import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { BlobStoreError } from '../../storage/blob-store.ts';

/** A failed call's error, as an {@link ExpectedError} that names the address where the reason is one that can be named. */
export function explainStorage(error: unknown, url: string): unknown {
  if (!(error instanceof BlobStoreError)) return error;
  const cause = { cause: error };
  switch (error.kind) {
    case 'locked':
    case 'refused':
      return new ExpectedError(failureTypes.storageRefused, error.message, cause);
    case 'unavailable':
      return storageUnavailable(url, error);
    case 'not-found':
      return new ExpectedError(
        failureTypes.runNotFound,
        `Nothing was backed up to ${url} yet, or it was deleted meanwhile: check BACKUP_CONTAINER, or make a backup`,
        cause,
      );
    case 'precondition-failed':
      return new ExpectedError(
        failureTypes.manifestInvalid,
        `What ${url} holds changed while it was read (${error.message}): try again`,
        cause,
      );
  }
}

export function storageUnavailable(url: string, cause: unknown): ExpectedError {
  return new ExpectedError(
    failureTypes.storageUnavailable,
    `The storage account does not answer at ${url}: check AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT, and the network`,
    { cause },
  );
}

/** Passes on what `source` yields, its errors as {@link explainStorage} has them. */
export async function* explained<T>(source: AsyncIterable<T>, url: string): AsyncGenerator<T, undefined> {
  try {
    for await (const item of source) yield item;
  } catch (error) {
    throw explainStorage(error, url);
  }
  return undefined;
}
