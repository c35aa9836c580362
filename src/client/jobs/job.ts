/** The states of an instance, as Durable Functions names them. */
export const runtimeStatuses = [
  'Pending',
  'Running',
  'Suspended',
  'Completed',
  'Failed',
  'Canceled',
  'Terminated',
] as const;

export type RuntimeStatus = (typeof runtimeStatuses)[number];

const endedStatuses: readonly RuntimeStatus[] = ['Completed', 'Failed', 'Canceled', 'Terminated'];

export function isEnded(status: RuntimeStatus): boolean {
  return endedStatuses.includes(status);
}

/** One job, running or ended. */
export interface JobStatus {
  /** The workflow's name. */
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: RuntimeStatus;
  /** Null when it was not asked for. */
  readonly input: unknown;
  /** Live progress while it runs, and the last of it afterwards; null before the job has any. Of a failed one also `failures`. */
  readonly customStatus: unknown;
  /** The result, or the text of the failure; null while it runs. */
  readonly output: unknown;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
  /** When the job failed. */
  readonly failure?: JobFailure;
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

/** Which jobs; what is left out filters nothing. */
export interface JobFilter {
  /** Inclusive, as is `createdTo`. */
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
  /** One of them. */
  readonly statuses?: readonly RuntimeStatus[];
  readonly instanceIdPrefix?: string;
}

/** What became of a message: `unknown` there is no such instance, `ended` it takes no messages any more. */
export type Delivery = 'delivered' | 'unknown' | 'ended';
