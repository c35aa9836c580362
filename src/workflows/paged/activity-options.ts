import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { nonRetryableFailureTypes } from '../../contracts/failures.ts';
import type { JobOptions } from '../../contracts/job.ts';

const nonRetryableErrorTypes = [...nonRetryableFailureTypes];

// The first of a run and what follows its copies take moments: they must not stand behind a queue of other runs' copies.
const beforeCopies = 2;
const ofCopies = 3;

/** A job, as the options of its activities go by it. */
export interface OptionedJob {
  readonly id: string;
  readonly options: JobOptions;
}

/** `openRun` tells the caller within seconds that a root or the storage cannot be used, while a dropped connection or a worker's crash is forgiven. */
export const openOptions: ActivityOptions = {
  priority: { priorityKey: beforeCopies },
  startToCloseTimeout: '60s',
  heartbeatTimeout: '8s',
  retry: { initialInterval: '500ms', maximumAttempts: 4, nonRetryableErrorTypes },
};

/** The same for what reads a whole manifest first: minutes when it is of millions of files. */
export const checkedOpenOptions: ActivityOptions = { ...openOptions, startToCloseTimeout: '2h' };

/** For copies: hours for a large file, given back soon when its worker dies, tried through an outage of minutes. */
export function sliceOptions({ id, options }: OptionedJob): ActivityOptions {
  return {
    // Where the server knows fairness, jobs take turns, however many copies one of them has waiting.
    priority: { priorityKey: ofCopies, fairnessKey: id },
    // Azure forgets staged blocks after a week, so a copy that takes longer could never end.
    scheduleToCloseTimeout: '7 days',
    startToCloseTimeout: '7 days',
    heartbeatTimeout: options.heartbeatTimeout,
    // A cancelled run ends when nothing writes any more.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 2,
      maximumInterval: '30s',
      maximumAttempts: options.copyAttempts,
      nonRetryableErrorTypes,
    },
  };
}

/** For listing a page and for writing what holds a run together: nothing can go on without these, so they are tried longest. */
export function recordOptions(job: OptionedJob): ActivityOptions {
  return {
    ...sliceOptions(job),
    priority: { priorityKey: beforeCopies, fairnessKey: job.id },
    startToCloseTimeout: '12h',
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 2,
      maximumInterval: '30s',
      maximumAttempts: job.options.copyAttempts * 2,
      nonRetryableErrorTypes,
    },
  };
}
