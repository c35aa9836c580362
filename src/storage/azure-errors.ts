import { RestError } from '@azure/storage-blob';
import { BlobStoreError, type BlobStoreErrorKind } from './blob-store.ts';

// Codes whose HTTP status alone would mislead.
const kindOfCode: Readonly<Record<string, BlobStoreErrorKind>> = {
  BlobAlreadyExists: 'precondition-failed',
  ConditionNotMet: 'precondition-failed',
  ContainerBeingDeleted: 'unavailable',
  // Another writer's commit dropped the staged blocks; they can be staged again.
  InvalidBlockList: 'unavailable',
  // A lease has no end of its own that is known here.
  LeaseIdMissing: 'refused',
  Md5Mismatch: 'unavailable',
  ServerBusy: 'unavailable',
};

const kindOfStatus: Readonly<Record<number, BlobStoreErrorKind>> = {
  404: 'not-found',
  408: 'unavailable',
  412: 'precondition-failed',
  429: 'unavailable',
};

const adviceOfCode: Readonly<Record<string, string>> = {
  ContainerNotFound: 'the container is gone: create it, or start another backup, which does',
  LeaseIdMissing: 'the blob is leased by another: have the lease released or broken',
};

/** Turns whatever the Azure SDK threw into a {@link BlobStoreError} that says what was asked of whom. */
export function blobStoreError(error: unknown, action: string, url: string): BlobStoreError {
  if (error instanceof BlobStoreError) return error;
  if (error instanceof RestError && error.statusCode !== undefined)
    return answerError({ status: error.statusCode, code: error.code }, action, url, error);
  const kind = error instanceof RestError || isCutAnswer(error) ? 'unavailable' : 'refused';
  return new BlobStoreError(kind, `${action}: no answer from ${url} (${messageOf(error)})`, { cause: error });
}

/** What an answer that is no success means; `code` is the service's own, from its header `x-ms-error-code`. */
export function answerError(
  { status, code = '' }: { readonly status: number; readonly code?: string | undefined },
  action: string,
  url: string,
  cause?: unknown,
): BlobStoreError {
  const kind = kindOfCode[code] ?? kindOfStatus[status] ?? (status >= 500 ? 'unavailable' : 'refused');
  // Azure always names a code; Azurite answers without one when it could not write, most often for lack of disk space.
  const why = code === '' && status === 500 ? '(could not store it; if it is an emulator, is its disk full?)' : code;
  const said = `${action}: ${url} answered ${status} ${why}`.trimEnd();
  const advice = adviceOfCode[code];
  return new BlobStoreError(kind, advice === undefined ? said : `${said} (${advice})`, { cause });
}

// What the SDK's download stream throws when the connection ends in the middle of a body.
function isCutAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || 'syscall' in error || error.message.startsWith('Data corruption');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
