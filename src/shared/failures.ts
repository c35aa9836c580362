/**
 * Every failure this project expects, by the `type` that crosses Temporal, HTTP and the command line.
 * Match on the type, never on `instanceof`: errors lose their class on the way.
 */
export const failureTypes = {
  /** Thrown when the directory to back up does not exist. */
  rootNotFound: 'RootNotFound',
  /** Thrown when the path to back up is not a directory. */
  rootNotDirectory: 'RootNotDirectory',
  /** Thrown when the directory to back up, or a file reached through it, lies outside the worker's `BACKUP_ROOTS`. */
  rootNotAllowed: 'RootNotAllowed',
  /** Thrown when the operating system refuses to list the directory to back up. */
  rootUnreadable: 'RootUnreadable',
  /** Thrown when an input is of the wrong form; its message names the field and the fix. */
  invalidInput: 'InvalidInput',
  /** Thrown when the storage account cannot be reached. */
  storageUnavailable: 'StorageUnavailable',
  /** Thrown when the storage account answers that it will not do what was asked (credentials, names, quotas). */
  storageRefused: 'StorageRefused',
  /** Thrown when a run finished but some files failed; details hold the {@link BackupSummary}. */
  backupIncomplete: 'BackupIncomplete',
  /** Thrown when a batch finished but some items failed; details hold the failed items. */
  batchIncomplete: 'BatchIncomplete',
  /** Thrown when an order names a SKU outside a catalogue that is complete. */
  unknownSku: 'UnknownSku',
  /** Thrown when the inventory's database cannot be opened or does not do what it was asked; asking later may succeed. */
  inventoryUnavailable: 'InventoryUnavailable',
  /** Thrown by Temporal's SDK when a result exceeds the payload limit: sending it again cannot help. */
  payloadsTooLarge: 'PayloadsTooLarge',
} as const;

export type FailureType = (typeof failureTypes)[keyof typeof failureTypes];

/** Retrying these gives the same answer, so Temporal is told not to. */
export const nonRetryableFailureTypes: readonly FailureType[] = [
  failureTypes.rootNotFound,
  failureTypes.rootNotDirectory,
  failureTypes.rootNotAllowed,
  failureTypes.rootUnreadable,
  failureTypes.invalidInput,
  failureTypes.storageRefused,
  failureTypes.unknownSku,
  failureTypes.payloadsTooLarge,
];

/** Whether retrying what failed with this type is useless. */
export function isNonRetryable(type: string): boolean {
  return nonRetryableFailureTypes.some((known) => known === type);
}

/** An expected failure outside Temporal: at the edges (HTTP, command line) and in start-up code. */
export class ExpectedError extends Error {
  override readonly name = 'ExpectedError';
  readonly type: FailureType | 'TemporalUnavailable' | 'StackUnavailable' | 'InvalidConfiguration';

  constructor(type: ExpectedError['type'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}
