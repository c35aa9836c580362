import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reservation } from '../../src/inventory/inventory.ts';
import { progressQuery, resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { failureOf } from '../support/start-backup.ts';
import { orderItems, startBatch } from '../support/start-batch.ts';
import { connect, historyLengths } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

/** What the project's workers run at once by default: far less than a batch asks for. */
const activitiesAtOnce = 32;

const suspend = (handle: WorkflowHandle) => handle.executeUpdate(suspendUpdate, { args: [''] });
const resume = (handle: WorkflowHandle) => handle.executeUpdate(resumeUpdate, { args: [''] });

/** Holds up the items from one index on until it is opened. */
function holdFrom(index: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, process: (item: Reservation) => (item.index < index ? Promise.resolve() : promise) };
}

async function processed(handle: WorkflowHandle): Promise<number> {
  return ((await handle.query(progressQuery)) as { processed: number }).processed;
}

/** What the history of the latest run says of its activities. */
async function activityEvents(handle: WorkflowHandle) {
  const { events } = await client.workflow.getHandle(handle.workflowId).fetchHistory();
  const count = (key: keyof NonNullable<typeof events>[number]) => (events ?? []).filter((event) => event[key]).length;
  return {
    scheduled: count('activityTaskScheduledEventAttributes'),
    started: count('activityTaskStartedEventAttributes'),
    completed: count('activityTaskCompletedEventAttributes'),
    takenBack: count('activityTaskCanceledEventAttributes'),
  };
}

test('suspended in the middle of 700 items, starts none until resumed, and has all results in order', async () => {
  const items = orderItems(700);
  const held = holdFrom(200);
  const { handle, seen, summed } = await startBatch(client, items, { ...held, activitiesAtOnce });
  await expect.poll(() => processed(handle)).toBe(200);
  // The worker is full, and the rest of what the batch asked for waits for it.
  await expect.poll(() => seen.length).toBe(200 + activitiesAtOnce);
  await suspend(handle);
  const answered = await activityEvents(handle);
  expect(answered.takenBack).toBeGreaterThan(100);
  expect(answered.scheduled - answered.takenBack).toBe(seen.length);

  held.open();
  await expect.poll(() => processed(handle)).toBe(200 + activitiesAtOnce);
  // A worker with nothing to do would take whatever there is at once.
  await sleep(1000);
  expect(seen).toHaveLength(200 + activitiesAtOnce);
  const ended = { started: seen.length, completed: seen.length };
  expect(await activityEvents(handle)).toEqual({ ...answered, ...ended });

  await resume(handle);
  expect(await handle.result()).toMatchObject({ processed: 700, reserved: 700 });
  expect(seen.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(items.map((_, index) => index));
  expect(summed.map((results) => results.map(({ sku }) => sku))).toEqual([items.map(({ sku }) => sku)]);
  expect((await historyLengths(client, handle)).length).toBeGreaterThan(1);
});

test('stays suspended when it continues as new', async () => {
  const items = orderItems(700);
  const held = holdFrom(490);
  const { handle, seen, summed } = await startBatch(client, items, { ...held, activitiesAtOnce });
  await expect.poll(() => seen.length).toBe(500);
  await suspend(handle);
  held.open();
  await expect.poll(() => historyLengths(client, handle)).toHaveLength(2);
  await expect.poll(() => processed(client.workflow.getHandle(handle.workflowId))).toBe(500);
  await sleep(500);
  expect(seen).toHaveLength(500);
  expect(await activityEvents(handle)).toMatchObject({ scheduled: 0 });
  await resume(client.workflow.getHandle(handle.workflowId));
  expect(await handle.result()).toMatchObject({ processed: 700 });
  expect(summed.map((results) => results.map(({ sku }) => sku))).toEqual([items.map(({ sku }) => sku)]);
});

test('an item that fails while suspended is tried again after that, like one that did not start', async () => {
  const held = holdFrom(0);
  let failures = 0;
  const { handle, seen } = await startBatch(client, orderItems(3), {
    activitiesAtOnce: 2,
    process: async (item) => {
      await held.process(item);
      if (failures++ < 2) throw ApplicationFailure.create({ message: 'not now' });
    },
  });
  await expect.poll(() => seen.length).toBe(2);
  await suspend(handle);
  held.open();
  await expect.poll(() => failures).toBe(2);
  await sleep(1000);
  expect(seen).toHaveLength(2);
  await resume(handle);
  expect(await handle.result()).toMatchObject({ processed: 3, reserved: 3 });
  await recordHistory(handle, 'batch-suspended');
});

test('can be cancelled while suspended', async () => {
  const held = holdFrom(0);
  const { handle, seen } = await startBatch(client, orderItems(300), { ...held, activitiesAtOnce });
  await expect.poll(() => seen.length).toBe(activitiesAtOnce);
  await suspend(handle);
  await handle.cancel();
  held.open();
  expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  expect(seen).toHaveLength(activitiesAtOnce);
});

test('suspended and resumed over and over, keeps its history within bounds', async () => {
  const held = holdFrom(0);
  const { handle, seen } = await startBatch(client, orderItems(250), { ...held, activitiesAtOnce: 1 });
  await expect.poll(() => seen.length).toBe(1);
  for (let round = 0; round < 30; round += 1) {
    await suspend(handle);
    await resume(handle);
  }
  held.open();
  expect(await handle.result()).toMatchObject({ processed: 250 });
  // An item that was held past its time is tried again.
  expect(new Set(seen.map(({ index }) => index)).size).toBe(250);
  // Of 30 times 199 items taken back there would be some 18,000 events.
  expect(Math.max(...(await historyLengths(client, handle)))).toBeLessThan(12_000);
});
