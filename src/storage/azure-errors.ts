import { RestError } from '@azure/storage-blob';
import { BlobStoreError, type BlobStoreErrorKind } from './blob-store.ts';

// Codes whose HTTP status alone would mislead.
const kindOfCode: Readonly<Record<string, BlobStoreErrorKind>> = {
  BlobAlreadyExists: 'precondition-failed',
  ConditionNotMet: 'precondition-failed',
  ContainerBeingDeleted: 'unavailable',
  // Another writer's commit dropped the staged blocks; they can be staged again.
  InvalidBlockList: 'unavailable',
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
  if (error instanceof RestError && error.statusCode !== undefined) {
    const { kind, words } = answered(error.statusCode, error.code);
    return new BlobStoreError(kind, `${action}: ${url} answered ${words}`, { cause: error });
  }
  const kind = error instanceof RestError || isCutAnswer(error) ? 'unavailable' : 'refused';
  return new BlobStoreError(kind, `${action}: no answer from ${url} (${messageOf(error)})`, { cause: error });
}

function answered(status: number, code = ''): { kind: BlobStoreErrorKind; words: string } {
  const kind = kindOfCode[code] ?? kindOfStatus[status] ?? (status >= 500 ? 'unavailable' : 'refused');
  // Azure always names a code; Azurite answers without one when it could not write, most often for lack of disk space.
  const why = code === '' && status === 500 ? '(could not store it; if it is an emulator, is its disk full?)' : code;
  return { kind, words: `${status} ${why}`.trimEnd() };
}

// What the SDK's download stream throws when the connection ends in the middle of a body.
function isCutAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || 'syscall' in error || error.message.startsWith('Data corruption');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
