import type { Suspicion } from './suspicion.ts';
import type { NotificationTarget } from './sources.ts';

/** What is told of a source: a scheduled run went well or not; there was no success for too long, and there is one again. */
export type NoticeEvent = 'success' | 'failure' | 'missed' | 'recovered';

/** What a webhook gets as its body, and a command on its standard input. Times are ISO 8601. */
export interface Notice {
  readonly event: NoticeEvent;
  readonly source: string;
  /** One line for people; chat services show it. */
  readonly text: string;
  readonly at: string;
  /** Of the scheduled run, where the notice is about one. */
  readonly instanceId?: string;
  readonly backup?: BackedUp;
  readonly steps?: readonly Step[];
  /** The last success that is known; null when there was none since the watch began. */
  readonly lastSuccess?: string | null;
}

/** What became of the backup of a scheduled run. */
export interface BackedUp {
  readonly instanceId: string;
  /** `suspect` the run may not be what its directory ought to hold; `failed` no run was finished; `canceled` somebody stopped the backup alone. */
  readonly outcome: 'complete' | 'incomplete' | 'suspect' | 'failed' | 'canceled';
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly runId?: string;
  /** Counts of what the run holds. */
  readonly files?: number;
  readonly bytes?: number;
  readonly uploadedBytes?: number;
  /** How many files failed, and the first few of them. */
  readonly failed?: number;
  readonly failures?: readonly { readonly path: string; readonly reason: string }[];
  /** Why it is suspect, and what it lost. */
  readonly suspect?: Suspicion;
  /** Why it is no success. */
  readonly failure?: StepFailure;
}

/** Why something failed: the type is one of `failureTypes`, or the name of what nobody expected. */
export interface StepFailure {
  readonly type: string;
  readonly message: string;
}

/** What became of one thing that follows a backup. */
export interface Step {
  readonly step: 'forget' | 'prune' | 'verify';
  /** `skipped` because the backup is not complete, or suspect. */
  readonly outcome: 'done' | 'failed' | 'skipped';
  /** Of the job that did it, where it was one. */
  readonly instanceId?: string;
  /** What it did, in numbers. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly failure?: StepFailure;
}

/** A target as workflows know it: its address or program stays in the worker's sources file, for it may hold secrets. */
export type TargetKind = 'webhook' | 'command';

/** Of which list of a source's notifications, and which entry of it. */
export interface TargetPlace {
  readonly list: 'success' | 'failure' | 'missed';
  readonly index: number;
  readonly kind: TargetKind;
}

export function kindOf({ webhook }: NotificationTarget): TargetKind {
  return webhook === undefined ? 'command' : 'webhook';
}

/** The targets that hear of an event. */
export function listOf(event: NoticeEvent): TargetPlace['list'] {
  return event === 'recovered' ? 'missed' : event;
}

/** Tunes how notices are sent. Durations are milliseconds. */
export interface NotifyOptions {
  /** Attempts at one webhook. */
  readonly webhookAttempts: number;
  /** Attempts at one command: what it does may be done twice. */
  readonly commandAttempts: number;
  /** Before the second attempt; twice as long before each further one, up to ten minutes. */
  readonly pause: number;
  /** A webhook that has not answered by then has failed. */
  readonly webhookTimeout: number;
  /** A command that runs for longer is killed. */
  readonly commandTimeout: number;
}

export const defaultNotifyOptions: NotifyOptions = {
  // With its pauses this outlasts an outage of about two hours.
  webhookAttempts: 20,
  commandAttempts: 3,
  pause: 2000,
  webhookTimeout: 10_000,
  commandTimeout: 300_000,
};

/** What the workflow `notify` is asked. */
export interface NotifyInput {
  readonly notice: Notice;
  readonly targets: readonly TargetPlace[];
  /** Where commands run: a name that workers have among their `WORKER_NAMES`; any worker unless given. */
  readonly worker?: string;
  readonly options?: Partial<NotifyOptions>;
}

/** Where the workflow `notify` stands. */
export interface NotifyProgress {
  readonly suspended: boolean;
  readonly targets: number;
  readonly delivered: number;
  readonly failed: number;
}

/** What became of telling one target. */
export interface Delivery extends TargetPlace {
  readonly delivered: boolean;
  /** Why it was not. */
  readonly reason?: string;
}

/** What one activity that tells a target is asked. */
export interface TellInput {
  readonly place: TargetPlace;
  readonly notice: Notice;
  /** The same at each attempt, so that a receiver can tell a repetition. */
  readonly deliveryId: string;
  readonly options: NotifyOptions;
}
