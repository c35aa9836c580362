import { BlobServiceClient } from '@azure/storage-blob';
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createDataConverter } from '../../../src/storage/large-messages/data-converter.ts';
import { instancesPath, untilEnded } from './harness.ts';
import { filled, postBatch, send, startOrderApi, urisOf } from './order-rig.ts';

async function startLargeApi(options: Parameters<typeof startOrderApi>[0] = {}) {
  const container = BlobServiceClient.fromConnectionString(inject('connectionString')).getContainerClient(
    `messages-${randomUUID()}`,
  );
  const api = await startOrderApi({ ...options, dataConverter: createDataConverter({ container }) });
  return { ...api, container };
}

const items = Array.from({ length: 1500 }, (_, i) => ({ sku: `SKU-${'x'.repeat(40)}-${i}`, quantity: 1 }));

test('a large input is shown as it was sent, by poll, list and history', async () => {
  const { url, container, client } = await startLargeApi();
  const uris = await urisOf(await postBatch(url, items));
  expect(await (await fetch(uris.statusQueryGetUri)).json()).toMatchObject({ input: items });
  const { body } = await untilEnded(`${uris.statusQueryGetUri}&showHistory=true`);
  expect(body).toMatchObject({ runtimeStatus: 'Completed', input: items, output: { processed: items.length } });
  const { historyEvents } = body as unknown as { historyEvents: { EventType: string; Input: unknown }[] };
  expect(historyEvents[0]).toMatchObject({ EventType: 'ExecutionStarted', Input: items });
  const listed = async () => await (await fetch(`${url}${instancesPath}`)).json();
  await expect.poll(listed).toMatchObject([{ instanceId: uris.id, input: items }]);
  expect((await Array.fromAsync(container.listBlobsFlat())).length).toBeGreaterThan(0);
  const { raw } = await client.workflow.getHandle(uris.id).describe();
  expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThan(2_000_000);
});

test('a large failure names every item, and is rewound', async () => {
  const { url, inventory } = await startLargeApi({ unknownSku: 'reject' });
  const uris = await urisOf(await postBatch(url, items));
  const { body } = await untilEnded(uris.statusQueryGetUri);
  expect(body.runtimeStatus).toBe('Failed');
  expect((body.customStatus as { failures: unknown[] }).failures).toHaveLength(items.length);
  await inventory.importCatalogue(items.map(({ sku }) => ({ sku, priceCents: 1, stock: 1 })));
  expect((await send(filled(uris.rewindPostUri, 'x'))).status).toBe(202);
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({
    output: { processed: items.length, reserved: items.length, total: 15 },
  });
});
