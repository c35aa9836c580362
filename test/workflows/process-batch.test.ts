import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchCarry, ItemFailure } from '../../src/contracts/orders.ts';
import { progressQuery } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { failureOf } from '../support/start-backup.ts';
import { orderItems as items, startBatch, type BatchOptions } from '../support/start-batch.ts';
import { connect, historyLengths } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const start = (batch: unknown, options?: BatchOptions) => startBatch(client, batch, options);

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
    const { handle, seen } = await start(all, {
      process: ({ index }) =>
        bad.has(index) ? Promise.reject(ApplicationFailure.nonRetryable(`no ${index}`)) : Promise.resolve(),
    });
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

    const again = await start(all, { carry: rewind });
    expect(await again.handle.result()).toMatchObject({ processed: 20, reserved: 20 });
    expect(again.seen.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([3, 7, 8]);
    expect(again.seen[0]?.instanceId).toBe(seen[0]?.instanceId);
    expect(await again.handle.query(progressQuery)).toMatchObject({ total: 20, processed: 20, failed: 0 });
  });

  test('cancelling ends the batch without a summary', async () => {
    const { handle } = await start(items(300), { process: () => sleep(200) });
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  });

  test('continues as new, so that the history of a large batch stays within bounds', async () => {
    const { handle, seen } = await start(items(600));
    expect(await handle.result()).toMatchObject({ processed: 600, reserved: 600 });
    expect(new Set(seen.map(({ index }) => index)).size).toBe(600);
    expect(new Set(seen.map(({ instanceId }) => instanceId)).size).toBe(1);
    const lengths = await historyLengths(client, handle);
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(3000);
  });
});
