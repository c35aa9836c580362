import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { resumeSignal, resumeUpdate, suspendSignal, suspendUpdate } from '../../workflows/messages.ts';
import type { HistoryEvent } from './result.ts';

const suspending: readonly string[] = [suspendUpdate.name, suspendSignal.name];
const resuming: readonly string[] = [resumeUpdate.name, resumeSignal.name];
// A workflow's history begins with its start and its first task; until a worker takes that task, only messages follow.
export const eventsBeforeAnyWorker = 2;
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

function messageOf(event: HistoryEvent): string {
  const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
  return update?.name ?? event.workflowExecutionSignaledEventAttributes?.signalName ?? '';
}
