import { BlobServiceClient } from '@azure/storage-blob';
import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { ManagementUris } from '../../../../src/client/http/instances/answer-start.ts';
import { createDataConverter } from '../../../../src/storage/large-messages/data-converter.ts';
import { largeText, megabyte, newWorker } from '../../../storage/large-messages/rig.ts';
import { startApiProcess } from '../../../support/api-process.ts';
import { historySizes } from '../../../support/workflow-harness.ts';
import { instancesPath, startApi, startedWorkflows, startWorker, untilEnded, type Api } from '../harness.ts';
import { filled, openTestInventory, postBatch, send, startOrderApi, urisOf } from '../order-rig.ts';

function newMessages() {
  const service = BlobServiceClient.fromConnectionString(inject('connectionString'));
  const container = service.getContainerClient(`messages-${randomUUID()}`);
  onTestFinished(async () => void (await container.deleteIfExists()));
  return { container, dataConverter: createDataConverter({ container }) };
}

/** What is polled often need not be large each time. */
const withoutInput = ({ statusQueryGetUri }: ManagementUris) => `${statusQueryGetUri}&showInput=false`;

const sizesOf = ({ client }: Api, id: string) => historySizes(client, client.workflow.getHandle(id));

const items = Array.from({ length: 200 }, (_, i) => ({ sku: `SKU-${'x'.repeat(400)}-${i}`, quantity: 1 }));
/** Of 3 MB as JSON, in few articles: their names are as long as they may be, and take three bytes a character. */
const largest = Array.from({ length: 1060 }, (_, i) => ({
  sku: threeBytesEach(largeText(1000, `sku ${i}`)),
  quantity: 1,
}));

function threeBytesEach(hexadecimal: string): string {
  return hexadecimal.replaceAll(/./gu, (digit) => String.fromCodePoint(0x4e00 + Number.parseInt(digit, 16)));
}

test('a large input is shown as it was sent, by poll, list and history', async () => {
  const { container, dataConverter } = newMessages();
  const { url } = await startOrderApi({ dataConverter });
  const uris = await urisOf(await postBatch(url, items));
  expect(await (await fetch(uris.statusQueryGetUri)).json()).toMatchObject({ input: items });
  const { body } = await untilEnded(`${uris.statusQueryGetUri}&showHistory=true`);
  expect(body).toMatchObject({ runtimeStatus: 'Completed', input: items, output: { processed: items.length } });
  const { historyEvents } = body as unknown as { historyEvents: { EventType: string; Input: unknown }[] };
  expect(historyEvents[0]).toMatchObject({ EventType: 'ExecutionStarted', Input: items });
  const listed = async () => await (await fetch(`${url}${instancesPath}`)).json();
  await expect.poll(listed).toMatchObject([{ instanceId: uris.id, input: items }]);
  expect((await Array.fromAsync(container.listBlobsFlat())).length).toBeGreaterThan(0);
});

test('a batch of 3 MB is taken, adds little to the history, and is shown whole', async () => {
  const sent = JSON.stringify(largest);
  const bytes = Buffer.byteLength(sent);
  expect(bytes).toBeGreaterThan(3 * megabyte);
  const api = await startApi(newMessages());
  const started = await postBatch(api.url, largest);
  expect(started.status).toBe(202);
  const uris = await urisOf(started);
  // No worker yet: the history holds the start and nothing else.
  const [atStart = 0] = await sizesOf(api, uris.id);
  expect(atStart).toBeLessThan(3000);
  const waiting = (await (await fetch(`${uris.statusQueryGetUri}&showInput=true`)).json()) as { input: unknown };
  expect(JSON.stringify(waiting.input) === sent).toBe(true);

  const inventory = await openTestInventory();
  await startWorker(api, { inventory });
  await untilEnded(withoutInput(uris));
  const { body } = await untilEnded(`${uris.statusQueryGetUri}&showInput=true`);
  expect(body.output).toEqual({ processed: 1060, reserved: 1060, total: 10_589.4 });
  expect(JSON.stringify(body.input) === sent).toBe(true);
  const sizes = await sizesOf(api, uris.id);
  expect(Math.max(...sizes)).toBeLessThan(8 * megabyte);
  process.stdout.write(
    `a batch of ${bytes} bytes: history of ${atStart} bytes at the start, ${sizes.join(' + ')} at the end\n`,
  );
});

test('an input of 3 MB and an output of 1 MB are shown whole by a poll, from a small history', async () => {
  const { dataConverter } = newMessages();
  const api = await startApi({ dataConverter });
  await newWorker(dataConverter, api.config.taskQueue);
  const input = largeText(3 * megabyte, 'input');
  const id = randomUUID();
  await api.client.workflow.start('processBatch', {
    taskQueue: api.config.taskQueue,
    workflowId: id,
    args: [input, megabyte],
  });
  const { body } = await untilEnded(`${api.url}${instancesPath}/${id}?showInput=true`);
  expect(body.runtimeStatus).toBe('Completed');
  expect(body.input === input).toBe(true);
  expect((body.output as { result: string }).result === largeText(megabyte)).toBe(true);
  const [bytes = 0] = await sizesOf(api, id);
  expect(bytes).toBeLessThan(10_000);
  process.stdout.write(`3 MB in and 1 MB out, as polled: history of ${bytes} bytes\n`);
});

test('a failure of more than 1 MB names every item, and is rewound', async () => {
  const { dataConverter } = newMessages();
  const { url, inventory } = await startOrderApi({ unknownSku: 'reject', dataConverter });
  const unknown = Array.from({ length: 400 }, (_, i) => ({
    sku: threeBytesEach(largeText(1000, `unknown ${i}`)),
    quantity: 1,
  }));
  const uris = await urisOf(await postBatch(url, unknown));
  const { body } = await untilEnded(withoutInput(uris));
  expect(body.runtimeStatus).toBe('Failed');
  const { failures } = body.customStatus as { failures: { sku: string }[] };
  expect(Buffer.byteLength(JSON.stringify(failures))).toBeGreaterThan(megabyte);
  expect(failures.map(({ sku }) => sku)).toEqual(unknown.map(({ sku }) => sku));
  await inventory.importCatalogue(unknown.map(({ sku }) => ({ sku, priceCents: 1, stock: 1 })));
  expect((await send(filled(uris.rewindPostUri, 'x'))).status).toBe(202);
  expect((await untilEnded(withoutInput(uris))).body).toMatchObject({
    output: { processed: unknown.length, reserved: unknown.length, total: 4 },
  });
});

test('a batch of 50 MB is refused, and starts nothing', async () => {
  const api = await startApi(newMessages());
  const huge = Array.from({ length: 9000 }, (_, i) => ({ sku: '\u2028'.repeat(999), quantity: i }));
  const body = JSON.stringify(huge).replaceAll('\u2028', String.raw`\u2028`);
  expect(body.length).toBeGreaterThan(50_000_000);
  const response = await fetch(`${api.url}/api/batches`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  expect(response.status).toBe(413);
  expect(await startedWorkflows(api)).toBe(0);
});

test('an API without a storage account refuses what does not fit into a history', async () => {
  const api = await startApiProcess({ taskQueue: randomUUID(), connectionString: '' });
  onTestFinished(async () => void (await api.stop()));
  expect((await postBatch(api.url, largest)).status).toBe(413);
  expect((await postBatch(api.url, largest.slice(0, 600))).status).toBe(202);
});
