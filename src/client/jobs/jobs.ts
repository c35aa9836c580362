import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { JobProgress } from '../../contracts/job.ts';
import { restartJob, rewindJob } from './rewind-job.ts';
import { createJobClient, isGone, type JobClient } from './job-client.ts';
import { describe, findJob, listJobs, type JobPage, type PageOptions } from './find-jobs.ts';
import { retrying, runtimeStatus } from './execution.ts';
import { readHistory, type HistoryEvent, type HistoryOptions } from './history-events.ts';
import type { Delivery, JobFilter, JobResult, JobStatus, RuntimeStatus } from './job.ts';
import { statusOf } from './job-status.ts';
import { raiseEvent, terminateJob, resumeJob, suspendJob } from './suspend-job.ts';
import { pollsWorkerQueue, pollsWorkflows, waitingTasks } from './polled-queue.ts';
import { purgeJob, purgeJobs } from './purge-jobs.ts';
import { resultOf, waitForJob } from './result.ts';
import { SharedReads } from '../../lib/shared-reads.ts';
import { startJob, type StartOptions } from './start-job.ts';

export { JobExistsError } from './start-job.ts';

export interface JobsOptions {
  readonly client: Client;
  /** Shown in errors. */
  readonly address: string;
  readonly taskQueue: string;
}

/**
 * The one way to Temporal. Its methods throw an {@link ExpectedError} of type `TemporalUnavailable` when the server does not
 * answer. A job is a workflow of this project's on this task queue; of others it knows nothing.
 */
export class Jobs {
  /** What schedules are built on as well. */
  readonly client: JobClient;
  readonly #statuses = new SharedReads<JobStatus | undefined>();

  constructor({ client, address, taskQueue }: JobsOptions) {
    this.client = createJobClient(client, address, taskQueue);
  }

  /** Starts a workflow and returns its instance id, a new one unless given. Throws {@link JobExistsError}. */
  start(name: string, args: readonly unknown[], options: StartOptions): Promise<string> {
    return startJob(this.client, name, args, options);
  }

  /** Undefined when there is no such instance. */
  status(instanceId: string, { showInput = true } = {}): Promise<JobStatus | undefined> {
    return this.#statuses.get(JSON.stringify([instanceId, showInput]), () =>
      this.#find(instanceId, undefined, (description) => statusOf(this.client, description, { showInput })),
    );
  }

  /** The state alone, which no worker is asked for. Undefined when there is no such instance. */
  async runtimeStatus(instanceId: string): Promise<RuntimeStatus | undefined> {
    const description = await findJob(this.client, instanceId);
    return description && runtimeStatus(description);
  }

  /** What was kept with an instance when it was started, and since. Undefined when there is no such instance. */
  memo(instanceId: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    return this.#find(instanceId, undefined, (description) => Promise.resolve(description.memo ?? {}));
  }

  /** What happened so far, in the form of Durable Functions. Undefined when there is no such instance. */
  history(instanceId: string, options: HistoryOptions): Promise<HistoryEvent[] | undefined> {
    return this.#find(instanceId, undefined, (description) => readHistory(this.client, description, options));
  }

  list(filter: JobFilter, page: PageOptions): Promise<JobPage> {
    return listJobs(this.client, filter, page);
  }

  /** Deletes an ended instance; false when there is none, or when it runs. */
  purge(instanceId: string): Promise<boolean> {
    return this.#find(instanceId, false, async (description) => {
      if (description.closeTime === undefined) return false;
      await purgeJob(this.client, description);
      return true;
    });
  }

  /** Deletes the ended instances that the filter wants; returns how many there were. */
  purgeAll(filter: JobFilter): Promise<number> {
    return purgeJobs(this.client, filter);
  }

  raiseEvent(instanceId: string, name: string, payload: unknown): Promise<Delivery> {
    return this.#find(instanceId, 'unknown', () => raiseEvent(this.client, instanceId, name, payload));
  }

  /** Ends an instance at once; the reason becomes its output. */
  terminate(instanceId: string, reason?: string): Promise<Delivery> {
    return this.#find(instanceId, 'unknown', () => terminateJob(this.client, instanceId, reason));
  }

  /** Lets no new activity start from the moment that this resolves. Doing it twice changes nothing. */
  suspend(instanceId: string, reason: string): Promise<Delivery> {
    return this.#find(instanceId, 'unknown', () => suspendJob(this.client, instanceId, reason));
  }

  resume(instanceId: string, reason: string): Promise<Delivery> {
    return this.#find(instanceId, 'unknown', () => resumeJob(this.client, instanceId, reason));
  }

  /** Runs again what failed of a failed instance. Throws {@link JobExistsError} when it runs already. */
  rewind(instanceId: string): Promise<'started' | 'unsupported' | 'unknown'> {
    return this.#find(instanceId, 'unknown', (description) => rewindJob(this.client, description));
  }

  /** Starts an instance with the same name and input and returns its id; undefined when there is none. Throws {@link JobExistsError}. */
  restart(instanceId: string, options: { newId: boolean }): Promise<string | undefined> {
    return this.#find(instanceId, undefined, (description) => restartJob(this.client, description, options));
  }

  /** How an instance ended, when it does so within `patience` milliseconds and before `signal` aborts; else undefined. */
  wait(instanceId: string, options: { patience: number; signal?: AbortSignal }): Promise<JobResult | undefined> {
    return waitForJob(this.client, instanceId, options);
  }

  /** Where a backup stands, with the bytes of copies still under way. Undefined when it has not begun. */
  async progress(instanceId: string): Promise<JobProgress | undefined> {
    const { client, ask, liveProgress } = this.client;
    const description = await ask(() => describe(client, instanceId));
    const progress = description && ((await liveProgress.of(client, description)) as JobProgress | null);
    if (!description || !progress) return undefined;
    const again = retrying(description);
    return { ...progress, ...(again && { retrying: again }) };
  }

  /** Waits for the end, however long it takes. */
  async result(instanceId: string): Promise<JobResult> {
    try {
      return await resultOf(this.client.client.workflow.getHandle(instanceId));
    } catch (error) {
      throw this.client.explain(error);
    }
  }

  /** Asks a job to stop; it ends once nothing of it runs any more. Does nothing when it has ended. */
  async cancel(instanceId: string): Promise<void> {
    try {
      await this.client.ask(() => this.client.client.workflow.getHandle(instanceId).cancel());
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** Whether a workflow of this id has not ended, whatever task queue it is on. */
  async isUnderWay(instanceId: string): Promise<boolean> {
    const description = await this.client.ask(() => describe(this.client.client, instanceId));
    return description !== undefined && description.closeTime === undefined;
  }

  /** Whether an instance still runs but was asked to stop. */
  async isStopping(instanceId: string): Promise<boolean> {
    const description = await this.client.ask(() => describe(this.client.client, instanceId));
    return description?.status.name === 'RUNNING' && description.raw.workflowExtendedInfo?.cancelRequested === true;
  }

  /** Whether any worker has asked for work lately. */
  hasWorkers(): Promise<boolean> {
    return pollsWorkflows(this.client);
  }

  /** Whether any worker has lately asked for work that only workers of a name run. */
  hasWorkersCalled(name: string): Promise<boolean> {
    return pollsWorkerQueue(this.client, name);
  }

  /** How many tasks wait for a worker, about; starts add to them as long as workers are behind. */
  waitingTasks(signal: AbortSignal): Promise<number> {
    return waitingTasks(this.client, signal);
  }

  async #find<T, U>(
    instanceId: string,
    otherwise: U,
    use: (description: WorkflowExecutionDescription) => Promise<T>,
  ): Promise<T | U> {
    try {
      const description = await findJob(this.client, instanceId);
      return description ? await use(description) : otherwise;
    } catch (error) {
      // Purged since it was found.
      if (isGone(error)) return otherwise;
      throw error;
    }
  }
}
