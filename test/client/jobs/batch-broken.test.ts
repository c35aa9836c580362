import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { createOrderActivities } from '../../../src/activities/orders/index.ts';
import type { Inventory } from '../../../src/inventory/inventory.ts';
import type { BatchCarry } from '../../../src/contracts/orders.ts';
import { failureTypes } from '../../../src/contracts/failures.ts';
import { startWorker as startBareWorker } from '../../support/workflow-harness.ts';
import { postJson, startApi, startWorker, untilEnded, type Api } from '../http/harness.ts';
import { filled, openTestInventory, postBatch, send, urisOf } from '../http/order-rig.ts';

const items = [
  { sku: 'A', quantity: 2 },
  { sku: 'A', quantity: 3 },
];

/** A worker that reserves as ever, but fails every batch with this type once its items are done, without details. */
function brokenWorker({ config }: Api, inventory: Inventory, type: string) {
  const summarizeBatch = () =>
    Promise.reject(ApplicationFailure.create({ type, message: 'broken', nonRetryable: true }));
  return startBareWorker({ ...createOrderActivities({ inventory }), summarizeBatch }, { taskQueue: config.taskQueue });
}

/** A batch that has reserved every line and then fails with this type, without details. */
async function brokenBatch(type: string) {
  const api = await startApi();
  const inventory = await openTestInventory();
  await inventory.importCatalogue([{ sku: 'A', priceCents: 100, stock: 100 }]);
  const worker = await brokenWorker(api, inventory, type);
  const uris = await urisOf(await postBatch(api.url, items));
  const { body } = await untilEnded(uris.statusQueryGetUri);
  await worker.stop();
  expect(body).toMatchObject({ runtimeStatus: 'Failed', output: 'broken' });
  expect(await inventory.stockOf('A')).toBe(95);
  return { api, inventory, uris };
}

/** What the newest execution was started with besides its items. */
async function carryOf({ client }: Api, id: string): Promise<BatchCarry | undefined> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const [, carry] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return carry?.data ? (JSON.parse(Buffer.from(carry.data).toString()) as BatchCarry) : undefined;
}

test('a batch that failed for another reason than its items begins anew when it is rewound, and reserves nothing twice', async () => {
  const { api, inventory, uris } = await brokenBatch('Broken');
  const { runId } = await api.client.workflow.getHandle(uris.id).describe();
  expect((await send(filled(uris.rewindPostUri, 'mended'))).status).toBe(202);
  expect(await carryOf(api, uris.id)).toEqual({
    batchId: runId,
    results: [null, null],
    failures: [],
    progress: { total: 2, processed: 0, failed: 0, suspended: false },
  });
  await startWorker(api, { inventory });
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({
    instanceId: uris.id,
    runtimeStatus: 'Completed',
    customStatus: { total: 2, processed: 2, failed: 0 },
    output: { processed: 2, reserved: 2, total: 5 },
  });
  expect(await inventory.stockOf('A')).toBe(95);
});

test('it keeps its reservations also when it fails and is rewound again', async () => {
  const { api, inventory, uris } = await brokenBatch('Broken');
  await send(filled(uris.rewindPostUri, 'not mended'));
  const first = await carryOf(api, uris.id);
  const worker = await brokenWorker(api, inventory, 'Broken');
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({ runtimeStatus: 'Failed' });
  await worker.stop();
  expect((await send(filled(uris.rewindPostUri, 'mended'))).status).toBe(202);
  expect(await carryOf(api, uris.id)).toEqual(first);
  await startWorker(api, { inventory });
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({ runtimeStatus: 'Completed' });
  expect(await inventory.stockOf('A')).toBe(95);
});

test('restarted, it is another batch, which reserves for itself', async () => {
  const { api, inventory, uris } = await brokenBatch('Broken');
  await startWorker(api, { inventory });
  const restarted = await postJson(`${uris.restartPostUri}&restartWithNewInstanceId=false`, '');
  expect(restarted.status).toBe(202);
  expect(await carryOf(api, uris.id)).toBeUndefined();
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({
    runtimeStatus: 'Completed',
    output: { processed: 2, reserved: 2, total: 5 },
  });
  expect(await inventory.stockOf('A')).toBe(90);
});

test('one that says that items failed but not what to go on from cannot be rewound, and stays as it is', async () => {
  const { uris } = await brokenBatch(failureTypes.batchIncomplete);
  const refused = await send(filled(uris.rewindPostUri, 'x'));
  expect(refused.status).toBe(501);
  expect(await refused.json()).toMatchObject({ Message: expect.stringContaining('start it again') });
  expect(await (await fetch(uris.statusQueryGetUri)).json()).toMatchObject({ runtimeStatus: 'Failed' });
});
