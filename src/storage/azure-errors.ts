import { RestError } from '@azure/storage-blob';
import { BlobStoreError, type BlobStoreErrorKind } from './blob-store.ts';

// Codes whose HTTP status alone would mislead.
const kindOfCode: Readonly<Record<string, BlobStoreErrorKind>> = {
  BlobAlreadyExists: 'precondition-failed',
  ConditionNotMet: 'precondition-failed',
  ContainerBeingDeleted: 'unavailable',
  Md5Mismatch: 'unavailable',
  ServerBusy: 'unavailable',
};

const kindOfStatus: Readonly<Record<number, BlobStoreErrorKind>> = {
  404: 'not-found',
  408: 'unavailable',
  412: 'precondition-failed',
  429: 'unavailable',
};

/** Turns whatever the Azure SDK threw into a {@link BlobStoreError} that says what was asked of whom. */
export function blobStoreError(error: unknown, action: string, url: string): BlobStoreError {
  if (!(error instanceof RestError)) {
    return new BlobStoreError('refused', `${action} at ${url} failed: ${messageOf(error)}`, { cause: error });
  }
  const status = error.statusCode;
  if (status === undefined) {
    return new BlobStoreError('unavailable', `${action}: no answer from ${url} (${messageOf(error)})`, {
      cause: error,
    });
  }
  const code = error.code ?? '';
  const kind = kindOfCode[code] ?? kindOfStatus[status] ?? (status >= 500 ? 'unavailable' : 'refused');
  return new BlobStoreError(kind, `${action}: ${url} answered ${status} ${code}`.trimEnd(), { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
