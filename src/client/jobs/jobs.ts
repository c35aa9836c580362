import { randomUUID } from 'node:crypto';
import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  type WorkflowExecutionDescription,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { BackupProgress } from '../../shared/contract.ts';
import { ExpectedError } from '../../shared/failures.ts';
import { progressQuery } from '../../workflows/messages.ts';
import { bytesUnderWay, createdTime, describe, firstInput, lastUpdatedTime, runtimeStatus } from './execution.ts';
import type { JobResult, JobStatus } from './job.ts';
import { outputOf, resultOf } from './result.ts';

const answerWithin = 8000;
// A query waits for a worker; where none is up, what the job published last has to do.
const queryWithin = 1500;
// TASK_QUEUE_TYPE_WORKFLOW
const workflowTaskQueue = 1;
// The server refuses a longer one: https://docs.temporal.io/self-hosted-guide/defaults
const maxSummaryBytes = 400;

/** Thrown when a job is started under the id of one that has not ended. */
export class JobExistsError extends Error {
  override readonly name = 'JobExistsError';
}

export interface JobsOptions {
  readonly client: Client;
  /** Shown in errors. */
  readonly address: string;
  readonly taskQueue: string;
}

/**
 * The one door to Temporal. Its methods throw an {@link ExpectedError} of type `TemporalUnavailable` when the server does not
 * answer.
 */
export class Jobs {
  readonly #client: Client;
  readonly #address: string;
  readonly #taskQueue: string;

  constructor({ client, address, taskQueue }: JobsOptions) {
    this.#client = client;
    this.#address = address;
    this.#taskQueue = taskQueue;
  }

  /** Starts a workflow and returns its instance id, a new one unless given. Throws {@link JobExistsError}. */
  async start(
    name: string,
    args: readonly unknown[],
    options: { instanceId?: string; summary: string },
  ): Promise<string> {
    const workflowId = options.instanceId ?? randomUUID().replaceAll('-', '');
    const settings = {
      taskQueue: this.#taskQueue,
      workflowId,
      args: [...args],
      staticSummary: shortened(options.summary, maxSummaryBytes),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    } as const;
    try {
      await this.#ask(() => this.#client.workflow.start(name, settings));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new JobExistsError(`An instance with the id ${workflowId} is already running.`, { cause: error });
    }
    return workflowId;
  }

  /** Undefined when there is no such instance. */
  async status(instanceId: string): Promise<JobStatus | undefined> {
    const description = await this.#ask(() => describe(this.#client, instanceId));
    if (!description) return undefined;
    const [input, customStatus, output] = await Promise.all([
      this.#ask(() => firstInput(this.#client, description)),
      this.#progressOf(description),
      this.#ask(() => outputOf(this.#client.workflow.getHandle(instanceId, description.runId), description)),
    ]);
    return {
      name: description.type,
      instanceId,
      runtimeStatus: runtimeStatus(description),
      input,
      customStatus,
      output,
      createdTime: createdTime(description),
      lastUpdatedTime: lastUpdatedTime(description),
    };
  }

  /** Where a backup stands, with the bytes of copies still under way. Undefined when it has not begun or nobody can say. */
  async progress(instanceId: string): Promise<BackupProgress | undefined> {
    const description = await this.#ask(() => describe(this.#client, instanceId));
    const progress = description && ((await this.#progressOf(description)) as BackupProgress | null);
    if (!description || !progress) return undefined;
    return { ...progress, bytes: progress.bytes + (await bytesUnderWay(this.#client, description)) };
  }

  /** Waits for the end, however long it takes. */
  async result(instanceId: string): Promise<JobResult> {
    try {
      return await resultOf(this.#client.workflow.getHandle(instanceId));
    } catch (error) {
      throw explained(error, this.#address);
    }
  }

  /** Asks a job to stop; it ends once nothing of it runs any more. Does nothing when it has ended. */
  async cancel(instanceId: string): Promise<void> {
    try {
      await this.#ask(() => this.#client.workflow.getHandle(instanceId).cancel());
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** Whether an instance still runs but was asked to stop. */
  async isStopping(instanceId: string): Promise<boolean> {
    const description = await this.#ask(() => describe(this.#client, instanceId));
    return description?.status.name === 'RUNNING' && description.raw.workflowExtendedInfo?.cancelRequested === true;
  }

  /** Whether any worker has asked for work lately. */
  async hasWorkers(): Promise<boolean> {
    const { namespace } = this.#client.options;
    const taskQueue = { name: this.#taskQueue };
    const { pollers } = await this.#ask(() =>
      this.#client.workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType: workflowTaskQueue }),
    );
    return pollers.length > 0;
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(Date.now() + answerWithin, call);
    } catch (error) {
      throw explained(error, this.#address);
    }
  }

  // A running job is asked itself, and one that nobody serves at the moment has published its last milestone.
  async #progressOf(description: WorkflowExecutionDescription): Promise<unknown> {
    const { workflowId, runId, status, memo } = description;
    const published = memo?.['progress'] ?? null;
    if (status.name !== 'RUNNING' || runtimeStatus(description) === 'Pending') return published;
    const handle = this.#client.workflow.getHandle(workflowId, runId);
    return this.#client
      .withDeadline(Date.now() + queryWithin, () => handle.query(progressQuery))
      .catch(() => published);
  }
}

function shortened(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const cut = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength('…'));
  // A character cut in two decodes to U+FFFD.
  return `${cut.toString().replace(/\uFFFD+$/u, '')}…`;
}

// gRPC status codes: https://grpc.io/docs/guides/status-codes/
const deadlineExceeded = 4;
const serverUnavailable = 14;

function explained(error: unknown, address: string): unknown {
  const grpc = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(grpc)) return error;
  const code: number = grpc.code;
  if (code !== deadlineExceeded && code !== serverUnavailable) return error;
  return new ExpectedError(
    'TemporalUnavailable',
    `Temporal at ${address} does not answer: start it, or set TEMPORAL_ADDRESS`,
    { cause: error },
  );
}
