import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import type { JobProgress } from '../../contracts/job.ts';
import type { RuntimeStatus } from './job.ts';
import { decodePayloads, fetchLarge, type TemporalEvent } from './payloads.ts';
import { resumeSignal, resumeUpdate, suspendSignal, suspendUpdate } from '../../workflows/messages.ts';

type Described = WorkflowExecutionDescription['raw'];

/** An execution as it is described; or as a list tells of it, with nothing in `raw`, which says enough of one that has ended. */
export interface Execution extends Omit<WorkflowExecutionInfo, 'raw'> {
  readonly raw: Partial<Pick<Described, 'workflowExtendedInfo' | 'pendingActivities' | 'pendingWorkflowTask'>>;
  /** Where it is not to be seen from the rest. */
  readonly statusInHistory?: RuntimeStatus | undefined;
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

const suspending: readonly string[] = [suspendUpdate.name, suspendSignal.name];
const resuming: readonly string[] = [resumeUpdate.name, resumeSignal.name];
// A workflow's history begins with its start and its first task; until a worker takes that task, only messages follow.
const eventsBeforeAnyWorker = 2;
const maxEvents = 40;

/**
 * How a job stands that has hardly begun and published nothing, as its short history tells: no worker may have taken it up, or it was
 * suspended before it had anything to publish. Undefined of any other job, for which nothing is asked.
 */
export async function statusInHistory(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<'Pending' | 'Suspended' | undefined> {
  if (!isUnpublished(description) || !isIdle(description)) return undefined;
  const { namespace } = client.options;
  const execution = { workflowId: description.workflowId, runId: description.runId };
  const { history } = await client.workflowService.getWorkflowExecutionHistory({ namespace, execution });
  const events = history?.events ?? [];
  const last = events.map(messageOf).findLast((name) => suspending.includes(name) || resuming.includes(name));
  if (last !== undefined && suspending.includes(last)) return 'Suspended';
  return events.some((event) => event.workflowTaskStartedEventAttributes) ? undefined : 'Pending';
}

function isUnpublished({ memo, historyLength }: WorkflowExecutionDescription): boolean {
  return memo?.['progress'] === undefined && historyLength > eventsBeforeAnyWorker && historyLength <= maxEvents;
}

// A backup opens its run by an activity before it publishes anything.
function isIdle({ status, raw }: WorkflowExecutionDescription): boolean {
  return status.name === 'RUNNING' && (raw.pendingActivities ?? []).length <= 1;
}

function messageOf(event: TemporalEvent): string {
  const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
  return update?.name ?? event.workflowExecutionSignaledEventAttributes?.signalName ?? '';
}
