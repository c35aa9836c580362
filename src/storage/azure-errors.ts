import { RestError } from '@azure/storage-blob';
import { durationText } from '../lib/units.ts';
import { accessRefusal, type Service } from './access-refused.ts';
import { BlobStoreError, type BlobStoreErrorKind } from './blob-store.ts';
import { Busy, isBusy, type ServiceAnswer } from './pace/busy.ts';

// Codes whose HTTP status alone would mislead.
const kindOfCode: Readonly<Record<string, BlobStoreErrorKind>> = {
  BlobAlreadyExists: 'precondition-failed',
  // Legal holds and immutability policies.
  BlobImmutableDueToPolicy: 'locked',
  ConditionNotMet: 'precondition-failed',
  ContainerBeingDeleted: 'unavailable',
  // Another writer's commit dropped the staged blocks; they can be staged again.
  InvalidBlockList: 'unavailable',
  // A lease has no end of its own that is known here.
  LeaseIdMissing: 'locked',
  Md5Mismatch: 'unavailable',
  ServerBusy: 'unavailable',
  SnapshotsPresent: 'precondition-failed',
};

const kindOfStatus: Readonly<Record<number, BlobStoreErrorKind>> = {
  404: 'not-found',
  408: 'unavailable',
  412: 'precondition-failed',
  429: 'unavailable',
  507: 'refused',
};

const adviceOfCode: Readonly<Record<string, string>> = {
  AccountIsDisabled: 'the account is switched off: look at its subscription, then run again',
  BlobArchived:
    'the blob is in the archive tier, where it can be neither read nor replaced: set its tier to Hot or Cool, wait some hours for that, then run again',
  BlobBeingRehydrated: 'the blob is on its way out of the archive tier, which takes hours: run again after that',
  BlobImmutableDueToPolicy:
    'a legal hold or an immutability policy keeps the blob: have the hold removed, or wait for its end',
  BlockCountExceedsLimit:
    'too many blocks of this blob wait to be committed; Azure forgets them a week after the last of them',
  ContainerNotFound: 'the container is gone: create it, or start another backup, which does',
  InsufficientAccountPermissions: 'the account takes no writes: look at its state and at the rights of this identity',
  InsufficientStorage: 'storage is full: free space there or raise its quota, then run again',
  LeaseIdMissing: 'the blob is leased by another: have the lease released or broken',
};

/** Turns whatever the Azure SDK threw into {@link Busy}, or into a {@link BlobStoreError} that says what was asked of whom. */
export function blobStoreError(error: unknown, action: string, service: Service): BlobStoreError | Busy {
  if (error instanceof BlobStoreError || error instanceof Busy) return error;
  const answer = answerOf(error);
  if (answer) return answerError(answer, action, service, error);
  const kind = error instanceof RestError || isCutAnswer(error) ? 'unavailable' : 'refused';
  return new BlobStoreError(kind, `${action}: no answer from ${service.url} (${messageOf(error)})`, { cause: error });
}

/** What the service answered to a request that the SDK sent; undefined when no answer came. */
export function answerOf(error: unknown): ServiceAnswer | undefined {
  if (!(error instanceof RestError) || error.statusCode === undefined) return undefined;
  const { statusCode: status, response } = error;
  // Where an answer has no body the SDK does not see the code.
  const code = error.code ?? response?.headers.get('x-ms-error-code');
  return { status, code, retryAfter: response?.headers.get('retry-after'), date: response?.headers.get('date') };
}

/** Whether something went wrong inside a service that has nothing against the request. */
export function isInternalFault(answer: ServiceAnswer): boolean {
  return answer.status >= 500 && !isBusy(answer) && kindOf(answer) === 'unavailable';
}

/** What an answer that is no success means. */
export function answerError(
  answer: ServiceAnswer,
  action: string,
  service: Service,
  cause?: unknown,
): BlobStoreError | Busy {
  return isBusy(answer) ? new Busy(answer, { cause }) : explainAnswer(answer, action, service, cause);
}

/** The same for whoever has no patience left: busy is unavailable then. */
export function explainAnswer(
  answer: ServiceAnswer,
  action: string,
  service: Service,
  cause?: unknown,
): BlobStoreError {
  const { status, code = '' } = answer;
  // Azure always names a code; Azurite answers without one when it could not write, most often for lack of disk space.
  const why = code === '' && status === 500 ? '(could not store it; if it is an emulator, is its disk full?)' : code;
  const said = `${action}: ${service.url} answered ${status} ${why}`.trimEnd();
  const clock = clockAdvice(answer);
  const refusal = clock === undefined ? accessRefusal(answer, action, service) : undefined;
  if (refusal !== undefined) return new BlobStoreError(kindOf(answer), refusal, { cause });
  const advice = clock ?? adviceOfCode[code];
  return new BlobStoreError(kindOf(answer), advice === undefined ? said : `${said} (${advice})`, { cause });
}

// What a service that looks at the time of a request allows: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
const minute = 60_000;
const clockTolerance = 15 * minute;

/** A request that is refused by a service whose clock is far from this one's is refused for that, whatever else it says. */
function clockAdvice({ status, date }: ServiceAnswer): string | undefined {
  const ahead = Date.now() - Date.parse(date ?? '');
  if ((status !== 401 && status !== 403) || Number.isNaN(ahead) || Math.abs(ahead) <= clockTolerance) return undefined;
  const much = durationText(Math.round(Math.abs(ahead) / minute) * minute);
  return `the clock of this machine is ${much} ${ahead > 0 ? 'ahead of' : 'behind'} the service's, which refuses such requests: set it right`;
}

function kindOf({ status, code = '' }: ServiceAnswer): BlobStoreErrorKind {
  return kindOfCode[code] ?? kindOfStatus[status] ?? (status >= 500 ? 'unavailable' : 'refused');
}

// What the SDK's download stream throws when the connection ends in the middle of a body.
function isCutAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || 'syscall' in error || error.message.startsWith('Data corruption');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
