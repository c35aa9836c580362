import type { WorkflowExecutionDescription } from '@temporalio/client';
import { type Payloads, type TemporalEvent, decodePayloads, fetchLarge } from './payloads.ts';
import { resumeSignal, resumeUpdate, suspendSignal, suspendUpdate } from '../../workflows/messages.ts';
import type { JobClient } from './job-client.ts';
import { inLanes } from '../../lib/in-lanes.ts';

interface Draft extends Readonly<Record<string, unknown>> {
  readonly EventType: string;
  readonly input?: Payloads;
  /** Text, where the event itself says how it ended. */
  readonly result?: Payloads | string;
}

/** An event in the form of Durable Functions, whose input and result are still as Temporal keeps them. */
export interface EventDraft extends Draft {
  readonly Timestamp: string;
}

/**
 * Temporal's history as Durable Functions tells it: what the engine does for itself is left out, and an activity is one event, its
 * scheduling while it is under way and its end from then on.
 */
export function historyEvents(events: readonly TemporalEvent[]): EventDraft[] {
  const scheduled = new Map(
    events.filter((event) => event.activityTaskScheduledEventAttributes).map((event) => [String(event.eventId), event]),
  );
  const ended = new Set(events.flatMap((event) => endOfTask(event)?.scheduledEventId ?? []).map(String));
  return events.flatMap((event) => {
    if (ended.has(String(event.eventId))) return [];
    const end = endOfTask(event);
    const draft = end ? taskEnded(event, scheduled.get(String(end.scheduledEventId))) : single(event);
    return draft ? [{ ...draft, Timestamp: timestamp(event.eventTime) }] : [];
  });
}

function endOfTask(event: TemporalEvent) {
  return (
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes
  );
}

function taskEnded(event: TemporalEvent, scheduled: TemporalEvent | undefined): Draft {
  const { activityType, input } = scheduled?.activityTaskScheduledEventAttributes ?? {};
  const task = {
    FunctionName: activityType?.name ?? '',
    ScheduledTime: timestamp(scheduled?.eventTime),
    input: input?.payloads,
  };
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) return { EventType: 'TaskCompleted', ...task, result: completed.result?.payloads };
  return { EventType: 'TaskFailed', ...task, Reason: reasonOf(event) };
}

function reasonOf(event: TemporalEvent): string {
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  return failed?.failure?.message ?? 'canceled';
}

function single(event: TemporalEvent): Draft | undefined {
  return beginning(event) ?? message(event) ?? timer(event) ?? completion(event);
}

function beginning(event: TemporalEvent): Draft | undefined {
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) {
    const name = started.workflowType?.name ?? '';
    return { EventType: 'ExecutionStarted', FunctionName: name, input: started.input?.payloads };
  }
  const task = event.activityTaskScheduledEventAttributes;
  return task
    ? { EventType: 'TaskScheduled', Name: task.activityType?.name ?? '', input: task.input?.payloads }
    : undefined;
}

const suspended = 'ExecutionSuspended';
const resumed = 'ExecutionResumed';
const updates: Readonly<Record<string, string>> = { [suspendUpdate.name]: suspended, [resumeUpdate.name]: resumed };
const signals: Readonly<Record<string, string>> = { [suspendSignal.name]: suspended, [resumeSignal.name]: resumed };

function message(event: TemporalEvent): Draft | undefined {
  const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
  if (update) return received(updates, update.name ?? '', update.args?.payloads);
  const signal = event.workflowExecutionSignaledEventAttributes;
  return signal ? received(signals, signal.signalName ?? '', signal.input?.payloads) : undefined;
}

function received(own: Readonly<Record<string, string>>, name: string, input: Payloads): Draft {
  const type = Object.hasOwn(own, name) ? own[name] : undefined;
  return type === undefined ? { EventType: 'EventRaised', Name: name, input } : { EventType: type, input };
}

function timer(event: TemporalEvent): Draft | undefined {
  if (event.timerStartedEventAttributes) return { EventType: 'TimerCreated' };
  return event.timerFiredEventAttributes ? { EventType: 'TimerFired' } : undefined;
}

function completion(event: TemporalEvent): Draft | undefined {
  const ended = (OrchestrationStatus: string, result?: Payloads | string): Draft => ({
    EventType: 'ExecutionCompleted',
    OrchestrationStatus,
    ...(result !== undefined && { result }),
  });
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) return ended('Completed', completed.result?.payloads);
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return ended('Failed', failed.failure?.message ?? '');
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) return ended('Terminated', terminated.reason ?? '');
  if (event.workflowExecutionTimedOutEventAttributes) return ended('Failed', 'timed out');
  return event.workflowExecutionCanceledEventAttributes ? ended('Canceled') : undefined;
}

// Seven digits after the second, as .NET writes times.
function timestamp(time: TemporalEvent['eventTime']): string {
  const seconds = new Date(Number(time?.seconds ?? 0) * 1000).toISOString().slice(0, 19);
  const ticks = Math.floor((time?.nanos ?? 0) / 100);
  return `${seconds}.${String(ticks).padStart(7, '0')}Z`;
}

/** An event in the form of Durable Functions. */
export type HistoryEvent = Readonly<Record<string, unknown>>;

export interface HistoryOptions {
  readonly showInput: boolean;
  /** Whether results are there too. */
  readonly showOutput: boolean;
}

/** What happened in the newest run of a job, in the order in which it happened. */
export async function readHistory(
  { client, ask }: JobClient,
  { workflowId, runId }: WorkflowExecutionDescription,
  { showInput, showOutput }: HistoryOptions,
): Promise<HistoryEvent[]> {
  const history = await ask(() => client.workflow.getHandle(workflowId, runId).fetchHistory());
  if (showInput || showOutput) await fetchLarge(client, { history });
  const decode = async (payloads: Payloads): Promise<unknown> => {
    const [value] = await decodePayloads(client, payloads);
    return value ?? null;
  };
  return inLanes(historyEvents(history.events ?? []), async ({ input, result, ...draft }: EventDraft) => ({
    ...draft,
    ...(showInput && input && { Input: await decode(input) }),
    ...(showOutput && result !== undefined && { Result: typeof result === 'string' ? result : await decode(result) }),
  }));
}
