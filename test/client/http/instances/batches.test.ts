import { expect, test } from 'vitest';
import { managementUrisSchema } from '../../../../src/client/http/answers.ts';
import { statusBodySchema } from '../../../../src/client/http/instances/status.ts';
import { locationOf, postJson, startApi, startedWorkflows, untilEnded } from '../harness.ts';
import { filled, postBatch, send, startOrderApi, times, urisOf } from '../order-rig.ts';

const sample = [
  { sku: 'A-1', quantity: 3 },
  { sku: 'B-2', quantity: 0 },
  { sku: 'A-1', quantity: 1 },
];

test('POST /api/batches runs the sample batch to its sum', async () => {
  const { url } = await startOrderApi();
  const started = await postBatch(url, sample);
  expect(started.status).toBe(202);
  expect(started.headers.get('retry-after')).toBe('10');
  const { statusQueryGetUri } = managementUrisSchema.parse(await started.json());
  expect(locationOf(started)).toBe(statusQueryGetUri);
  const { response, body } = await untilEnded(statusQueryGetUri);
  expect(response.status).toBe(200);
  expect(statusBodySchema.parse(body)).toMatchObject({
    name: 'processBatch',
    runtimeStatus: 'Completed',
    input: sample,
    output: { processed: 3, reserved: 2, total: 39.96 },
    customStatus: { total: 3, processed: 3, failed: 0 },
  });
});

test.each(['processBatch', 'ProcessBatchOrchestrator', 'PROCESSBATCHORCHESTRATOR'])(
  'POST /orchestrators/%s takes properties in any case and writes them in camelCase',
  async (name) => {
    const { url } = await startOrderApi();
    const body = JSON.stringify([{ Sku: 'A', QUANTITY: 2, note: 'ignored' }]);
    const { body: status } = await untilEnded(locationOf(await postJson(`${url}/orchestrators/${name}`, body)));
    expect(status).toMatchObject({
      input: [{ sku: 'A', quantity: 2 }],
      output: { processed: 1, reserved: 1, total: 19.98 },
    });
    expect(JSON.stringify(status.input)).not.toContain('note');
  },
);

test('an empty batch is a success of nothing', async () => {
  const { url } = await startOrderApi();
  const { body } = await untilEnded(locationOf(await postBatch(url, [])));
  expect(body).toMatchObject({ runtimeStatus: 'Completed', output: { processed: 0, reserved: 0, total: 0 } });
});

test('a batch of which items failed names them all, and a rewind runs exactly those', async () => {
  const price = { priceCents: 250, stock: 100 };
  const { url, inventory, client } = await startOrderApi({
    unknownSku: 'reject',
    catalogue: [{ sku: 'KNOWN', ...price }],
  });
  const bad = [1, 4, 5, 8, 12, 13, 19];
  const items = Array.from({ length: 20 }, (_, i) => ({ sku: bad.includes(i) ? `NEW-${i}` : 'KNOWN', quantity: 2 }));
  const uris = await urisOf(await postBatch(url, items));
  const { response, body } = await untilEnded(uris.statusQueryGetUri);
  expect(response.status).toBe(200);
  expect(body).toMatchObject({ runtimeStatus: 'Failed', output: expect.stringContaining('7 of 20 items failed') });
  const { failures } = body.customStatus as { failures: { index: number; sku: string; reason: string }[] };
  expect(failures.map(({ index }) => index)).toEqual(bad);
  expect(failures[0]).toMatchObject({ sku: 'NEW-1', reason: expect.stringContaining('NEW-1 is not in the catalogue') });
  expect(await inventory.stockOf('KNOWN')).toBe(100 - 26);

  await inventory.importCatalogue(bad.map((i) => ({ sku: `NEW-${i}`, ...price })));
  expect((await send(filled(uris.rewindPostUri, 'the catalogue is complete'))).status).toBe(202);
  const again = await untilEnded(uris.statusQueryGetUri);
  expect(again.body).toMatchObject({
    instanceId: uris.id,
    runtimeStatus: 'Completed',
    output: { processed: 20, reserved: 20, total: 100 },
  });
  expect(await inventory.stockOf('KNOWN')).toBe(100 - 26);
  expect(await inventory.stockOf('NEW-1')).toBe(98);
  const { events } = await client.workflow.getHandle(uris.id).fetchHistory();
  const ran = (events ?? []).filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'processItem',
  );
  expect(ran).toHaveLength(7);
  expect((await send(filled(uris.rewindPostUri, 'again'))).status).toBe(412);
});

const item = { sku: 'A', quantity: 1 };

test.each([
  ['an object', item, 400, 'must be an array'],
  ['a string', 'A', 400, 'must be an array'],
  ['null', null, 400, 'must be an array'],
  ['a list of texts', ['A'], 400, '#0 must be an object of sku and quantity'],
  ['an item without a SKU', [item, { quantity: 1 }], 400, '1 of 2 items are wrong: #1 sku must be a text'],
  ['an empty SKU', [{ sku: '', quantity: 1 }], 400, '#0 sku must not be empty'],
  ['a SKU that is too long', [{ sku: 'x'.repeat(1001), quantity: 1 }], 400, 'at most 1000 characters'],
  ['a SKU with a control character', [{ sku: 'a\u0007', quantity: 1 }], 400, 'control characters'],
  ['a SKU with half a surrogate pair', [{ sku: 'a\ud800', quantity: 1 }], 400, 'half a surrogate pair'],
  ['a fraction', [{ sku: 'A', quantity: 1.5 }], 400, '#0 quantity must be a whole number'],
  ['a quantity as text', [{ sku: 'A', quantity: '1' }], 400, '#0 quantity must be a whole number'],
  ['a huge quantity', [{ sku: 'A', quantity: 1e9 }], 400, '±999999999'],
  ['a huge negative quantity', [{ sku: 'A', quantity: -1e9 }], 400, '±999999999'],
  ['a batch of 10,001 items', times(10_001, item), 413, 'has 10001 items; at most 10000'],
])('%s is refused and starts nothing', async (_, items, status, reason) => {
  const api = await startApi();
  const response = await postBatch(api.url, items);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ status, Message: expect.stringContaining(reason) });
  expect(await startedWorkflows(api)).toBe(0);
});

test('of many wrong items the first twenty are named', async () => {
  const { url } = await startApi();
  const { Message } = (await (await postBatch(url, times(30, { sku: 'A' }))).json()) as { Message: string };
  expect(Message).toContain('30 of 30 items are wrong: #0 quantity');
  expect(Message).toContain('#19 quantity');
  expect(Message).not.toContain('#20');
  expect(Message).toContain('and 10 more');
});

test('bodies over 8 MiB, not JSON, not UTF-8 or nested without end are refused and start nothing', async () => {
  const api = await startApi();
  const post = async (body: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
    (await fetch(`${api.url}/api/batches`, { method: 'POST', body, headers: { 'Content-Type': type } })).status;
  expect(await post(`[${' '.repeat(8 * 1024 * 1024)}]`)).toBe(413);
  expect(await post('[{')).toBe(400);
  expect(await post(new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]))).toBe(400);
  expect(await post('['.repeat(100_000))).toBe(400);
  expect(await post(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)).toBe(400);
  expect(await post('[]', 'text/plain')).toBe(415);
  expect(await startedWorkflows(api)).toBe(0);
});

test('a batch of 10,000 items is taken', async () => {
  const api = await startApi();
  const items = Array.from({ length: 10_000 }, (_, i) => ({ sku: `S${i}`, quantity: -i }));
  expect((await postBatch(api.url, items)).status).toBe(202);
});
