/** A backup that failed and left no manifest: it never began, or ended before all else was done. */
export interface FailedBackup {
  /** When it failed, in ISO 8601. */
  readonly at: string;
  readonly instanceId: string;
  /** Tells what has the same instance id apart. */
  readonly execution: string;
  /** Where it had begun. */
  readonly run?: string;
  /** One of `failureTypes`, or the name of what nobody expected. */
  readonly type: string;
  readonly message: string;
}
