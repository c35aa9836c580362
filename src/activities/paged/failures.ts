import { ApplicationFailure } from '@temporalio/activity';
import { ExpectedError, failureTypes, isNonRetryable } from '../../contracts/failures.ts';
import { BlobStoreError } from '../../storage/blob-store.ts';

/** Runs an activity's work and gives its expected errors the failure types that workflows, HTTP and the command line know. */
export async function withFailureTypes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}

function toFailure(error: unknown): unknown {
  if (error instanceof ExpectedError)
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: isNonRetryable(error.type),
    });
  if (!(error instanceof BlobStoreError)) return error;
  const retryable = error.kind === 'unavailable' || error.kind === 'precondition-failed';
  return ApplicationFailure.create({
    type: retryable ? failureTypes.storageUnavailable : failureTypes.storageRefused,
    message: error.message,
    nonRetryable: !retryable,
  });
}
