import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import type { BatchSummary, OrderItem } from '../../src/shared/orders.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const batches = 20;
const kills = 3;
const skus = ['LAMP', 'DESK', 'CHAIR'];
const stock = 400;

test('with workers killed at random moments every batch ends once, and the stock is what was not reserved', async () => {
  const root = await temporaryDirectory();
  const inventoryFile = join(root, 'inventory.sqlite');
  const inventory = await openInventory({ file: inventoryFile });
  onTestFinished(() => inventory.close());
  await inventory.importCatalogue(skus.map((sku) => ({ sku, priceCents: 1050, stock })));
  const settings = {
    connectionString: inject('connectionString'),
    taskQueue: randomUUID(),
    container: `orders-${randomUUID()}`,
    root,
    inventoryFile,
  };
  let worker = await startWorkerProcess(settings);
  onTestFinished(async () => void (await worker.stop()));

  const order = (batch: number): OrderItem[] =>
    Array.from({ length: 30 }, (_, i) => ({ sku: skus[(batch + i) % skus.length] ?? '', quantity: 1 + (i % 4) }));
  const handles = await Promise.all(
    Array.from({ length: batches }, (_, batch) =>
      client.workflow.start('processBatch', {
        taskQueue: settings.taskQueue,
        workflowId: `batch-${batch}-${randomUUID()}`,
        args: [order(batch)],
      }),
    ),
  );
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(randomInt(50, 900));
    await worker.kill();
    worker = await startWorkerProcess(settings);
  }
  const summaries = await Promise.all(handles.map((handle) => handle.result() as Promise<BatchSummary>));

  expect(summaries.every(({ processed }) => processed === 30)).toBe(true);
  const left = await Promise.all(skus.map(async (sku) => Number(await inventory.stockOf(sku))));
  expect(left.every((pieces) => pieces >= 0)).toBe(true);
  const reservedPieces = stock * skus.length - left.reduce((sum, pieces) => sum + pieces, 0);
  const paidCents = summaries.reduce((sum, { total }) => sum + Math.round(total * 100), 0);
  // Each piece costs 10.50, so what was paid says how many pieces the batches were told they have.
  expect(reservedPieces).toBe(paidCents / 1050);
  const asked = batches * order(0).reduce((sum, { quantity }) => sum + quantity, 0);
  expect(asked).toBeGreaterThan(reservedPieces);
});
