/** The states of an instance, as Durable Functions names them. */
export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Canceled' | 'Terminated';

/** One job, running or ended. */
export interface JobStatus {
  /** The workflow's name. */
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: RuntimeStatus;
  readonly input: unknown;
  /** Live progress while it runs, and the last of it afterwards; null before the job has any. */
  readonly customStatus: unknown;
  /** The result, or the text of the failure; null while it runs. */
  readonly output: unknown;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
}

/** Why a job failed: the type is one of `failureTypes`, or another name that the code which threw it chose. */
export interface JobFailure {
  readonly type: string;
  readonly message: string;
  readonly details: readonly unknown[];
}

export type JobResult =
  | { readonly status: 'Completed'; readonly output: unknown }
  | { readonly status: 'Failed'; readonly failure: JobFailure }
  | { readonly status: 'Canceled' }
  | { readonly status: 'Terminated'; readonly reason: string };
