import { readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, test } from 'vitest';
import { historyEvents, type EventDraft } from '../../../src/client/jobs/history-events.ts';
import type { Payloads } from '../../../src/client/jobs/payloads.ts';
import { historiesDirectory } from '../../support/record-history.ts';

async function eventsOf(name: string): Promise<EventDraft[]> {
  const json = JSON.parse(await readFile(new URL(`${name}.json`, historiesDirectory), 'utf8')) as unknown;
  return historyEvents(historyFromJSON(json).events ?? []);
}

function count(events: readonly EventDraft[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { EventType } of events) counts[EventType] = (counts[EventType] ?? 0) + 1;
  return counts;
}

function decoded(payloads: Payloads | string): unknown {
  return (payloads as Payloads)?.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as unknown);
}

test.each([
  ['batch-items', { ExecutionStarted: 1, TaskCompleted: 4, ExecutionCompleted: 1 }],
  ['batch-failures', { ExecutionStarted: 1, TaskCompleted: 17, TaskFailed: 3, TimerCreated: 2, ExecutionCompleted: 1 }],
])('%s has one event for each activity, its start and its end', async (name, counts) => {
  expect(count(await eventsOf(name))).toEqual(counts);
});

test('an activity has its name, its times, its input and its result', async () => {
  const events = await eventsOf('batch-items');
  expect(events[0]).toMatchObject({ EventType: 'ExecutionStarted', FunctionName: 'processBatch' });
  const tasks = events.filter(({ EventType }) => EventType === 'TaskCompleted');
  const task = tasks.find(({ input }) => JSON.stringify(decoded(input)).includes('"quantity":3'));
  expect(task).toMatchObject({
    FunctionName: 'processItem',
    ScheduledTime: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{7}Z$/u),
    Timestamp: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{7}Z$/u),
  });
  expect(decoded(task?.input)).toEqual([expect.objectContaining({ sku: 'A', quantity: 3 })]);
  expect(decoded(task?.result)).toEqual([{ sku: 'A', reserved: true, lineTotal: 29.97 }]);
  expect(task && task.Timestamp > String(task['ScheduledTime'])).toBe(true);
});

test('a failed activity has its reason, and a failed execution says that it is', async () => {
  const events = await eventsOf('batch-failures');
  const failed = events.filter(({ EventType }) => EventType === 'TaskFailed');
  expect(failed.map((event) => String(event['Reason'])).toSorted()).toEqual(['no 3', 'no 7', 'no 8']);
  expect(events.at(-1)).toMatchObject({
    EventType: 'ExecutionCompleted',
    OrchestrationStatus: 'Failed',
    result: expect.stringContaining('3 of 20 items failed'),
  });
});

test('a cancelled execution and its activities end as such', async () => {
  const events = await eventsOf('backup-cancelled');
  expect(events.at(-1)).toMatchObject({ EventType: 'ExecutionCompleted', OrchestrationStatus: 'Canceled' });
  expect(events.filter((event) => event['Reason'] === 'canceled').length).toBeGreaterThan(0);
});

test('suspending and resuming are events of their own', async () => {
  expect(count(await eventsOf('backup-suspended'))).toMatchObject({ ExecutionSuspended: 2, ExecutionResumed: 1 });
});

test('an activity under way is its scheduling', async () => {
  const json = JSON.parse(await readFile(new URL('batch-items.json', historiesDirectory), 'utf8')) as {
    events: unknown[];
  };
  const events = historyEvents(historyFromJSON({ events: json.events.slice(0, 11) }).events ?? []);
  expect(count(events)).toEqual({ ExecutionStarted: 1, TaskCompleted: 1, TaskScheduled: 2 });
  expect(events.find(({ EventType }) => EventType === 'TaskScheduled')).toMatchObject({ Name: 'processItem' });
});

const at = { seconds: 1_519_795_129, nanos: 393_987_345 } as never;

test('signals are events raised, but for those of the server itself', () => {
  const signal = (signalName: string) => ({ eventTime: at, workflowExecutionSignaledEventAttributes: { signalName } });
  expect(historyEvents(['Approval', '__suspend', '__resume', 'toString'].map(signal))).toMatchObject([
    { EventType: 'EventRaised', Name: 'Approval', Timestamp: '2018-02-28T05:18:49.3939873Z' },
    { EventType: 'ExecutionSuspended' },
    { EventType: 'ExecutionResumed' },
    { EventType: 'EventRaised', Name: 'toString' },
  ]);
});

test('timers and every way to end are told', () => {
  const events = [
    { timerStartedEventAttributes: {} },
    { timerFiredEventAttributes: {} },
    { workflowExecutionTerminatedEventAttributes: { reason: 'enough' } },
    { workflowExecutionTimedOutEventAttributes: {} },
    { workflowTaskScheduledEventAttributes: {} },
  ];
  expect(historyEvents(events.map((event) => ({ eventTime: at, ...event })))).toMatchObject([
    { EventType: 'TimerCreated' },
    { EventType: 'TimerFired' },
    { EventType: 'ExecutionCompleted', OrchestrationStatus: 'Terminated', result: 'enough' },
    { EventType: 'ExecutionCompleted', OrchestrationStatus: 'Failed' },
  ]);
});
