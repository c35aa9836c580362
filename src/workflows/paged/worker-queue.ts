import type { z } from 'zod';
import { ActivityFailure, ApplicationFailure, TimeoutFailure, type ActivityOptions } from '@temporalio/workflow';
import {
  defaultJobOptions,
  jobOptionsSchema,
  type JobOptions,
  type JobProgress,
  workerQueue,
} from '../../contracts/job.ts';
import { failureTypes } from '../../contracts/failures.ts';
import { workerNameSchema } from '../../contracts/input.ts';
import { noLongerWaiting } from './progress.ts';
import type { ProgressReport } from './progress-report.ts';
import type { Suspension } from './suspension.ts';

/** Where the activities of a job run: on the workflow's own task queue, or that of the workers of a name, where the files are. */
export interface WorkerQueue {
  /** Added to the options of every activity. */
  readonly queue: Pick<ActivityOptions, 'taskQueue'>;
  /**
   * Asks for an activity that nothing can go on without, and says in the progress when no worker takes it soon; it is then asked for
   * once more, for as long as its own limits say.
   */
  readonly reach: <T>(ask: Ask<T>) => Promise<T>;
  /**
   * The same for a job's first activity, after which nothing else is asked for: fails with `WorkerUnavailable` in the end. Workers that die
   * with it are outlasted as long as copies outlast them.
   */
  readonly reachFirst: <T>(ask: Ask<T>) => Promise<T>;
}

/** Asks for an activity with these options besides its own. */
type Ask<T> = (where: ActivityOptions) => Promise<T>;

interface Sent {
  readonly worker?: string;
  readonly options?: Partial<JobOptions>;
}

const longestSoon = 30_000;
// Each time for some attempts, which is about as long in all as a copy is tried.
const mostAsked = defaultJobOptions.copyAttempts;

/** On the workflow's own task queue. */
export const here: WorkerQueue = {
  queue: {},
  reach: (ask) => ask({}),
  reachFirst: (ask) => outlasting(() => ask({})),
};

/** Throws `InvalidInput` when what the caller sent of it is of the wrong form. */
export function chooseQueue(sent: Sent | null, report: ProgressReport<JobProgress>, { gate }: Suspension): WorkerQueue {
  const { worker, options } = sent ?? {};
  if (worker === undefined) return here;
  requireValid('worker', workerNameSchema, worker);
  const patience = patienceOf(options);
  const soon = Math.min(longestSoon, patience / 10);
  const queue = { taskQueue: workerQueue(worker) };
  let waiting = 0;

  const reach = async <T>(ask: Ask<T>, within?: number): Promise<T> => {
    try {
      return await ask({ ...queue, scheduleToStartTimeout: soon });
    } catch (error) {
      if (!isUntaken(error)) throw error;
    }
    // The second asking costs no time: whoever serves the queue by then takes it at once.
    waiting += 1;
    report.milestone((now) => ({ ...now, waitingFor: worker }));
    try {
      await gate();
      return await ask({ ...queue, ...(within !== undefined && { scheduleToStartTimeout: within - soon }) });
    } catch (error) {
      if (!isUntaken(error)) throw error;
    } finally {
      waiting -= 1;
      if (waiting === 0) report.milestone(noLongerWaiting);
    }
    throw ApplicationFailure.nonRetryable(
      `No worker called ${worker} took this up within ${patience / 1000} seconds: start one where its files are with WORKER_NAMES=${worker}, or wait until those that run have less to do, and start this again; no file was touched`,
      failureTypes.workerUnavailable,
    );
  };
  return { queue, reach: (ask) => reach(ask), reachFirst: (ask) => outlasting(() => reach(ask, patience)) };
}

// The first activity checks all options, but only once a worker has taken it.
function patienceOf(options?: Partial<JobOptions> | null): number {
  const workerTimeout = options?.workerTimeout ?? defaultJobOptions.workerTimeout;
  requireValid('options.workerTimeout', jobOptionsSchema.shape.workerTimeout, workerTimeout);
  return workerTimeout;
}

function requireValid(field: string, schema: z.ZodType, value: unknown): void {
  const fault = schema.safeParse(value).error?.issues[0];
  if (fault) throw ApplicationFailure.nonRetryable(`${field}: ${fault.message}`, failureTypes.invalidInput);
}

/** A worker that died has not answered, so somebody else is asked; what the activity itself says is told at once. */
async function outlasting<T>(ask: () => Promise<T>): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    try {
      return await ask();
    } catch (error) {
      if (timeoutOf(error) !== 'HEARTBEAT' || asked >= mostAsked) throw error;
    }
  }
}

function isUntaken(error: unknown): boolean {
  return timeoutOf(error) === 'SCHEDULE_TO_START';
}

function timeoutOf(error: unknown): TimeoutFailure['timeoutType'] | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure ? cause.timeoutType : undefined;
}
