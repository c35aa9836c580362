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
  /** Thrown when a run finished and lost more files than it may, or its directory is on another disk; details hold the {@link BackupSummary}. */
  backupSuspect: 'BackupSuspect',
  /** Thrown when a backup of the same root is under way already; the message names it. */
  backupRunning: 'BackupRunning',
  /** Thrown when no worker of the name that a job gives took it up in time; no file was touched. */
  workerUnavailable: 'WorkerUnavailable',
  /** Thrown when another host writes below the prefix; the message says how to go on. */
  ownedByAnother: 'OwnedByAnother',
  /** Thrown when there is no such run, no complete one, or several roots to choose from. */
  runNotFound: 'RunNotFound',
  /** Thrown when runs may not be forgotten, or not be taken back; nothing is changed, and the message says how to go on. */
  forgetRefused: 'ForgetRefused',
  /** Thrown when a run lists no such path; the message names the nearest folder that it has. */
  pathNotFound: 'PathNotFound',
  /** Thrown when a manifest, a shard or whatever else a job wrote to go on by is truncated, altered, or holds what no job writes; nothing of it is used. */
  manifestInvalid: 'ManifestInvalid',
  /** Thrown when a manifest is of a format that this version does not know. */
  manifestTooNew: 'ManifestTooNew',
  /** Thrown when a directory cannot be restored into: no directory, not writable, or too little space. */
  targetUnusable: 'TargetUnusable',
  /** Thrown when a restore finished but some files failed; details hold the {@link RestoreSummary}. */
  restoreIncomplete: 'RestoreIncomplete',
  /** Thrown when a verification found files missing, corrupt or impossible to check; details hold the {@link VerificationSummary}. */
  verificationFailed: 'VerificationFailed',
  /** Thrown when no schedule is known for a source of that name. */
  scheduleNotFound: 'ScheduleNotFound',
  /** Thrown when a scheduled run ended and its backup, or what follows it, failed; details hold the {@link ScheduledBackupReport}. */
  scheduledRunFailed: 'ScheduledRunFailed',
  /** Thrown when a webhook or a command could not be told; trying again may succeed. */
  notificationFailed: 'NotificationFailed',
  /** Thrown when a webhook says no for good, or when a worker may run no commands. */
  notificationRefused: 'NotificationRefused',
  /** Thrown when another prune is under way below the prefix; the message names it. */
  pruneRunning: 'PruneRunning',
  /** Thrown when a prune cannot tell what is still needed, or when a backup that began before it would not end; nothing was deleted. */
  pruneRefused: 'PruneRefused',
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
  failureTypes.backupRunning,
  failureTypes.ownedByAnother,
  failureTypes.runNotFound,
  failureTypes.forgetRefused,
  failureTypes.manifestInvalid,
  failureTypes.manifestTooNew,
  failureTypes.targetUnusable,
  failureTypes.pruneRunning,
  failureTypes.pruneRefused,
  failureTypes.notificationRefused,
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
