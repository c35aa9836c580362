import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OrderActivities } from '../../src/activities/orders/index.ts';
import { summarizeBatch } from '../../src/activities/orders/summarize-batch.ts';
import type { Reservation } from '../../src/inventory/inventory.ts';
import type { ItemFailure, OrderItem } from '../../src/shared/orders.ts';
import { progressQuery, resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import type { BatchCarry } from '../../src/workflows/process-batch.ts';
import { recordHistory } from '../support/record-history.ts';
import { failureOf } from '../support/start-backup.ts';
import { connect, historyLengths, startWorker } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

interface Started {
  readonly handle: WorkflowHandle;
  readonly seen: Reservation[];
}

async function start(
  items: unknown,
  process: (item: Reservation) => Promise<void> = () => Promise.resolve(),
  options: { workflow?: string; carry?: BatchCarry } = {},
): Promise<Started> {
  const seen: Reservation[] = [];
  const activities: OrderActivities = {
    processItem: async (item) => {
      seen.push(item);
      await process(item);
      const reserved = item.quantity > 0;
      return { sku: item.sku, reserved, lineTotal: reserved ? (item.quantity * 999) / 100 : 0 };
    },
    summarizeBatch,
  };
  const worker = await startWorker(activities);
  onTestFinished(() => worker.stop());
  const args = [items, ...(options.carry ? [options.carry] : [])];
  const settings = { taskQueue: worker.taskQueue, workflowId: randomUUID(), args };
  return { handle: await client.workflow.start(options.workflow ?? 'processBatch', settings), seen };
}

const items = (count: number): OrderItem[] =>
  Array.from({ length: count }, (_, i) => ({ sku: `S${i}`, quantity: 1 + (i % 3) }));

describe('the order batch workflow', () => {
  test.each(['processBatch', 'ProcessBatchOrchestrator'])(
    '%s processes every item once and sums them up',
    async (workflow) => {
      const { handle, seen } = await start(
        [
          { sku: 'A', quantity: 3 },
          { sku: 'B', quantity: 0 },
          { sku: 'A', quantity: 1 },
        ],
        undefined,
        { workflow },
      );
      expect(await handle.result()).toEqual({ processed: 3, reserved: 2, total: 39.96 });
      expect(
        seen.map(({ index, sku, quantity }) => [index, sku, quantity]).toSorted((a, b) => Number(a[0]) - Number(b[0])),
      ).toEqual([
        [0, 'A', 3],
        [1, 'B', 0],
        [2, 'A', 1],
      ]);
      expect(new Set(seen.map(({ instanceId }) => instanceId)).size).toBe(1);
      await recordHistory(handle, workflow === 'processBatch' ? 'batch-items' : 'batch-orchestrator');
    },
  );

  test('an empty batch is a success of nothing', async () => {
    const { handle } = await start([]);
    expect(await handle.result()).toEqual({ processed: 0, reserved: 0, total: 0 });
  });

  test('what is not a batch fails the workflow instead of hanging it', async () => {
    for (const bad of [null, 'x', { sku: 'A' }, items(10_001)]) {
      const { handle } = await start(bad);
      expect(await failureOf(handle)).toMatchObject({ type: 'InvalidInput' });
    }
  });

  test('names every failed item, and a rewind processes exactly those under the same batch', async () => {
    const bad = new Set([3, 7, 8]);
    const all = items(20);
    const { handle, seen } = await start(all, ({ index }) =>
      bad.has(index) ? Promise.reject(ApplicationFailure.nonRetryable(`no ${index}`)) : Promise.resolve(),
    );
    const failure = (await failureOf(handle)) as ApplicationFailure;
    expect(failure).toMatchObject({ type: 'BatchIncomplete', nonRetryable: true });
    expect(failure.message).toContain('3 of 20 items failed: #3 S3: no 3; #7 S7: no 7; #8 S8: no 8');
    const [{ failures }, rewind] = failure.details as [{ failures: ItemFailure[] }, BatchCarry];
    expect(failures.map(({ index, sku, reason }) => `${index} ${sku} ${reason}`)).toEqual([
      '3 S3 no 3',
      '7 S7 no 7',
      '8 S8 no 8',
    ]);
    await recordHistory(handle, 'batch-failures');

    const again = await start(all, undefined, { carry: rewind });
    expect(await again.handle.result()).toMatchObject({ processed: 20, reserved: 20 });
    expect(again.seen.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([3, 7, 8]);
    expect(again.seen[0]?.instanceId).toBe(seen[0]?.instanceId);
    expect(await again.handle.query(progressQuery)).toMatchObject({ total: 20, processed: 20, failed: 0 });
  });

  test('starts no item while suspended, and ends when resumed', async () => {
    const waiting: (() => void)[] = [];
    const { handle, seen } = await start(items(450), () => new Promise((resolve) => waiting.push(resolve)));
    await expect.poll(() => waiting.length).toBeGreaterThan(50);
    await handle.executeUpdate(suspendUpdate, { args: [''] });
    const scheduled = await scheduledItems(handle);
    const pump = setInterval(() => waiting.splice(0).forEach((end) => end()), 5);
    onTestFinished(() => clearInterval(pump));
    await expect
      .poll(async () => ((await handle.query(progressQuery)) as { processed: number }).processed)
      .toBe(scheduled);
    expect(await scheduledItems(handle)).toBe(scheduled);
    expect(scheduled).toBeLessThan(450);
    await handle.executeUpdate(resumeUpdate, { args: [''] });
    expect(await handle.result()).toMatchObject({ processed: 450 });
    expect(seen).toHaveLength(450);
  });

  test('cancelling ends the batch without a summary', async () => {
    const { handle } = await start(items(300), () => new Promise((resolve) => setTimeout(resolve, 200)));
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  });

  test('continues as new, so that the history of a large batch stays within bounds', async () => {
    const { handle, seen } = await start(items(3000));
    expect(await handle.result()).toMatchObject({ processed: 3000, reserved: 3000 });
    expect(new Set(seen.map(({ index }) => index)).size).toBe(3000);
    expect(new Set(seen.map(({ instanceId }) => instanceId)).size).toBe(1);
    const lengths = await historyLengths(client, handle);
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(10_000);
  });
});

async function scheduledItems(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).length;
}
