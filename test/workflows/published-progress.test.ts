import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordHistory } from '../support/record-history.ts';
import { orderItems, startBatch } from '../support/start-batch.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

function isOf(event: Event, ...kinds: (keyof Event)[]): boolean {
  return kinds.some((kind) => Boolean(event[kind]));
}

/** When each publication was decided, at the start of the workflow task that it came with, in milliseconds; and what it costs in all. */
async function publications(handle: WorkflowHandle) {
  const { events } = await handle.fetchHistory();
  const at: number[] = [];
  let now = 0;
  let cost = 0;
  for (const event of events ?? []) {
    const { seconds, nanos } = event.eventTime ?? {};
    if (isOf(event, 'workflowTaskStartedEventAttributes')) now = Number(seconds) * 1000 + Number(nanos) / 1e6;
    if (isOf(event, 'workflowPropertiesModifiedEventAttributes')) at.push(now);
    if (isOf(event, 'timerStartedEventAttributes', 'timerCanceledEventAttributes')) cost += 1;
    // What a timer sets going is a workflow task of its own.
    if (isOf(event, 'timerFiredEventAttributes')) cost += 4;
  }
  return { at, cost: cost + at.length };
}

test('steps that follow each other fast are published together, once a second at most', async () => {
  const count = 60;
  const { handle } = await startBatch(client, orderItems(count), { process: ({ index }) => sleep(index * 60) });
  expect(await handle.result()).toMatchObject({ processed: count });
  const { at, cost } = await publications(handle);
  // The last is the milestone at the end of the items.
  const gaps = at.slice(1, -1).map((time, i) => time - (at[i] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  expect(at.length).toBeGreaterThan(3);
  expect(cost).toBeLessThan(count);
  expect((await handle.describe()).memo?.['progress']).toEqual({
    total: count,
    processed: count,
    failed: 0,
    suspended: false,
  });
  await recordHistory(handle, 'batch-published');
});

test('the first thing that is known of a job is that a worker has it, and a lone step is published without another one', async () => {
  const held = Promise.withResolvers<void>();
  const hold = ({ index }: { index: number }) => (index < 2 ? Promise.resolve() : held.promise);
  const { handle } = await startBatch(client, orderItems(3), { process: hold });
  const published = async () => (await handle.describe()).memo?.['progress'];
  await expect.poll(published).toMatchObject({ total: 3, processed: 2 });
  const { at } = await publications(handle);
  expect(at.length).toBeLessThanOrEqual(3);
  held.resolve();
  expect(await handle.result()).toMatchObject({ processed: 3 });
});

test('what continues as new is known from its beginning on', async () => {
  const { handle } = await startBatch(client, orderItems(600));
  expect(await handle.result()).toMatchObject({ processed: 600 });
  const { events } = await client.workflow.getHandle(handle.workflowId).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  expect(started?.continuedExecutionRunId).toMatch(/^[0-9a-f-]{36}$/u);
  expect(started?.memo?.fields).toHaveProperty('progress');
});
