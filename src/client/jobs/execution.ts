import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { workflowNames, type JobProgress } from '../../contracts/job.ts';
import type { JobClient } from './job-client.ts';
import type { RuntimeStatus } from './job.ts';
import { decodePayloads, fetchLarge } from './payloads.ts';
import { eventsBeforeAnyWorker, statusInHistory } from './status-in-history.ts';

/** The workflows that are jobs; whatever else runs on the same namespace is none of ours. */
export const jobNames: readonly string[] = Object.values(workflowNames);

type Described = WorkflowExecutionDescription['raw'];

/** An execution as it is described; or as a list tells of it, with nothing in `raw`, which says enough of one that has ended. */
export interface Execution extends Omit<WorkflowExecutionInfo, 'raw'> {
  readonly raw: Partial<Pick<Described, 'workflowExtendedInfo' | 'pendingActivities' | 'pendingWorkflowTask'>>;
  /** Where it is not to be seen from the rest. */
  readonly statusInHistory?: RuntimeStatus | undefined;
}

/** A job, described. */
export type FoundJob = WorkflowExecutionDescription & Pick<Execution, 'statusInHistory'>;

/** The newest execution under an id; undefined when there is none. */
export async function describe(client: Client, instanceId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(instanceId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** As {@link describe}, but undefined too for what is no job of this task queue, or was purged. */
export async function findJob(
  { client, taskQueue, ask, forgotten }: JobClient,
  instanceId: string,
): Promise<FoundJob | undefined> {
  const description = await ask(() => describe(client, instanceId));
  if (!description || forgotten.has(description.runId)) return undefined;
  if (description.taskQueue !== taskQueue || !jobNames.includes(description.type)) return undefined;
  return { ...description, statusInHistory: await ask(() => statusInHistory(client, description)) };
}

const closedStatus: Readonly<Record<string, RuntimeStatus>> = {
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  TIMED_OUT: 'Failed',
  CANCELLED: 'Canceled',
  TERMINATED: 'Terminated',
};

export function runtimeStatus(execution: Execution): RuntimeStatus {
  const { status } = execution;
  const closed = closedStatus[status.name];
  if (closed) return closed;
  const progress = publishedProgress(execution);
  const { suspended } = (progress ?? {}) as { suspended?: boolean };
  if (suspended === true || status.name === 'PAUSED') return 'Suspended';
  return progress ? 'Running' : withoutProgress(execution);
}

/** What the job published last; null when it has published nothing. */
export function publishedProgress({ memo }: Execution): unknown {
  return memo?.['progress'] ?? null;
}

function withoutProgress({ historyLength, statusInHistory }: Execution): RuntimeStatus {
  return statusInHistory ?? (historyLength <= eventsBeforeAnyWorker ? 'Pending' : 'Running');
}

/** When the instance was started, also after it continued as new. */
export function createdTime({ raw, startTime }: Execution): Date {
  return fromTimestamp(raw.workflowExtendedInfo?.originalStartTime) ?? startTime;
}

/** The latest time that is known of an execution without reading its history. */
export function lastUpdatedTime({ raw, startTime, closeTime }: Execution): Date {
  const activities = (raw.pendingActivities ?? []).flatMap((activity) => [
    activity.scheduledTime,
    activity.lastStartedTime,
    activity.lastHeartbeatTime,
  ]);
  const times = [raw.pendingWorkflowTask?.scheduledTime, ...activities].flatMap((time) => fromTimestamp(time) ?? []);
  return closeTime ?? new Date(Math.max(startTime.getTime(), ...times.map((time) => time.getTime())));
}

/** The arguments that the execution was started with. */
export async function argumentsOf(
  client: Client,
  { workflowId, runId }: Pick<Execution, 'workflowId' | 'runId'>,
): Promise<unknown[]> {
  const response = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  await fetchLarge(client, response);
  return decodePayloads(
    client,
    response.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads,
  );
}

/** Bytes that copies under way report in their heartbeats. */
export async function bytesUnderWay(client: Client, { raw }: Execution): Promise<number> {
  const details = await Promise.all(
    (raw.pendingActivities ?? []).map((activity) => decodePayloads(client, activity.heartbeatDetails?.payloads)),
  );
  return details.reduce((sum, [detail]) => sum + ((detail as { bytes?: number } | undefined)?.bytes ?? 0), 0);
}

/** Activities that wait for their next try or are in it, with the newest reason; undefined when there are none. */
export function retrying({ raw }: WorkflowExecutionDescription): JobProgress['retrying'] {
  const failed = (raw.pendingActivities ?? []).filter(({ attempt, lastFailure }) => (attempt ?? 1) > 1 && lastFailure);
  const reason = failed.at(-1)?.lastFailure?.message;
  return typeof reason === 'string' ? { activities: failed.length, reason } : undefined;
}

function fromTimestamp(time: { seconds?: unknown; nanos?: number | null } | null | undefined): Date | undefined {
  if (!time?.seconds) return undefined;
  return new Date(Number(time.seconds) * 1000 + Math.floor((time.nanos ?? 0) / 1_000_000));
}
