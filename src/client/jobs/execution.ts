import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { RuntimeStatus } from './job.ts';

/** The newest execution under an id; undefined when there is none. */
export async function describe(client: Client, instanceId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(instanceId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

const closedStatus: Readonly<Record<string, RuntimeStatus>> = {
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  TIMED_OUT: 'Failed',
  CANCELLED: 'Canceled',
  TERMINATED: 'Terminated',
};

// A workflow's history begins with its start and its first task; until a worker takes that task there is nothing more.
const eventsBeforeAnyWorker = 2;

export function runtimeStatus({ status, historyLength, memo }: WorkflowExecutionDescription): RuntimeStatus {
  const closed = closedStatus[status.name];
  if (closed) return closed;
  const progress = memo?.['progress'] as { suspended?: boolean } | undefined;
  if (progress?.suspended === true || status.name === 'PAUSED') return 'Suspended';
  // What continued as new has a short history too, but brings its progress along.
  return progress === undefined && historyLength <= eventsBeforeAnyWorker ? 'Pending' : 'Running';
}

/** When the instance was started, also after it continued as new. */
export function createdTime({ raw, startTime }: WorkflowExecutionDescription): Date {
  return fromTimestamp(raw.workflowExtendedInfo?.originalStartTime) ?? startTime;
}

/** The latest time that is known of an execution without reading its history. */
export function lastUpdatedTime({ raw, startTime, closeTime }: WorkflowExecutionDescription): Date {
  const activities = (raw.pendingActivities ?? []).flatMap((activity) => [
    activity.scheduledTime,
    activity.lastStartedTime,
    activity.lastHeartbeatTime,
  ]);
  const times = [raw.pendingWorkflowTask?.scheduledTime, ...activities].flatMap((time) => fromTimestamp(time) ?? []);
  return closeTime ?? new Date(Math.max(startTime.getTime(), ...times.map((time) => time.getTime())));
}

/** The first argument that the execution was started with. */
export async function firstInput(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<unknown> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [input] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  return input ?? null;
}

/** Bytes that copies under way report in their heartbeats. */
export async function bytesUnderWay(client: Client, { raw }: WorkflowExecutionDescription): Promise<number> {
  const details = await Promise.all(
    (raw.pendingActivities ?? []).map((activity) =>
      decodeArrayFromPayloads(client.options.loadedDataConverter, activity.heartbeatDetails?.payloads),
    ),
  );
  return details.reduce((sum, [detail]) => sum + ((detail as { bytes?: number } | undefined)?.bytes ?? 0), 0);
}

function fromTimestamp(time: { seconds?: unknown; nanos?: number | null } | null | undefined): Date | undefined {
  if (!time?.seconds) return undefined;
  return new Date(Number(time.seconds) * 1000 + Math.floor((time.nanos ?? 0) / 1_000_000));
}
