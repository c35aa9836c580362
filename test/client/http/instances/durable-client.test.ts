import { createRequire } from 'node:module';
import type { DurableClient } from 'durable-functions';
import { expect, test } from 'vitest';
import { instancesPath, postJson, type Api } from '../harness.ts';
import { startOrderApi, urisOf } from '../order-rig.ts';

interface ClientData {
  readonly taskHubName: string;
  readonly creationUrls: Readonly<Record<string, string>>;
  readonly managementUrls: Readonly<Record<string, string>>;
}

// The package keeps its client to itself: on Azure, the Functions host makes it.
const { DurableClient: Client } = createRequire(import.meta.url)(
  '../../../../node_modules/durable-functions/lib/src/durableClient/DurableClient.js',
) as { DurableClient: new (data: ClientData) => DurableClient };

const placeholder = 'INSTANCEID';

/** The `durable-functions` client, with the URLs that the Functions host would give it, here those of a start's answer. */
async function durableClient({ url }: Api): Promise<DurableClient> {
  const uris = await urisOf(await postJson(`${url}/orchestrators/processBatch`, '[]'));
  const managementUrls = Object.fromEntries(
    Object.entries(uris).map(([name, uri]) => [name, uri.replace(uris.id, placeholder)]),
  );
  const start = `${url}/runtime/webhooks/durabletask/orchestrators/{functionName}[/{instanceId}]?code=`;
  return new Client({
    taskHubName: 'DurableFunctionsHub',
    creationUrls: { createNewInstancePostUri: start, createAndWaitOnNewInstancePostUri: start },
    managementUrls,
  });
}

const items = [
  { sku: 'A-1', quantity: 3 },
  { sku: 'B-2', quantity: 0 },
];
const many = Array.from({ length: 400 }, (_, i) => ({ sku: `S${i % 20}`, quantity: 1 }));

async function expectStatus(client: DurableClient, id: string, status: string): Promise<void> {
  await expect.poll(async () => (await client.getStatus(id)).runtimeStatus as string).toBe(status);
}

test('it starts an instance, waits for its end and reads its status', async () => {
  const client = await durableClient(await startOrderApi());
  const id = await client.startNew('ProcessBatchOrchestrator', { input: items });
  expect(id).toMatch(/^[0-9a-f]{32}$/u);
  const request = { url: 'http://localhost/api/start', method: 'POST' } as never;
  const response = await client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
    timeoutInMilliseconds: 30_000,
    retryIntervalInMilliseconds: 100,
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ processed: 2, reserved: 1, total: 29.97 });
  const status = await client.getStatus(id, { showHistory: true, showHistoryOutput: true, showInput: true });
  expect(status).toMatchObject({
    name: 'ProcessBatchOrchestrator',
    instanceId: id,
    runtimeStatus: 'Completed',
    input: items,
    output: { processed: 2, reserved: 1, total: 29.97 },
    customStatus: { processed: 2 },
  });
  expect(status.createdTime).toBeInstanceOf(Date);
});

test('it starts an instance under an id of its own, and that id once', async () => {
  const api = await startOrderApi();
  const client = await durableClient(api);
  const instanceId = `own-${Date.now()}-${process.pid}`;
  expect(await client.startNew('processBatch', { instanceId, input: many })).toBe(instanceId);
  await expect(client.startNew('processBatch', { instanceId, input: many })).rejects.toThrow('409');
  await client.terminate(instanceId, 'enough');
  await expect(client.startNew('nothing')).rejects.toThrow('400');
});

test('it terminates, and takes an ended instance for terminated', async () => {
  const client = await durableClient(await startOrderApi());
  const id = await client.startNew('processBatch', { input: many });
  await client.terminate(id, 'out of patience');
  await expectStatus(client, id, 'Terminated');
  expect((await client.getStatus(id)).output).toBe('out of patience');
  await client.terminate(id, 'again');
  await expect(client.terminate('nobody', 'x')).rejects.toThrow("No instance with ID 'nobody' found");
});

test('it suspends and resumes, also twice', async () => {
  const client = await durableClient(await startOrderApi());
  const id = await client.startNew('processBatch', { input: many });
  await client.suspend(id, 'lunch break');
  await client.suspend(id, 'lunch break');
  await expectStatus(client, id, 'Suspended');
  await client.resume(id, 'back');
  await client.resume(id, 'back');
  await expectStatus(client, id, 'Completed');
  await client.suspend(id, 'too late');
});

test('it raises events', async () => {
  const api = await startOrderApi();
  const client = await durableClient(api);
  const id = await client.startNew('processBatch', { input: many });
  await client.suspend(id, 'x');
  await client.raiseEvent(id, 'Approval', { by: 'me' });
  const signals = async () =>
    ((await api.client.workflow.getHandle(id).fetchHistory()).events ?? []).flatMap(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
    );
  // Temporal writes it down once the workflow's turn is over.
  await expect.poll(signals).toEqual(['Approval']);
  await expect(client.raiseEvent('nobody', 'Approval', {})).rejects.toThrow("No instance with ID 'nobody' found");
  await client.terminate(id, 'done with it');
  await client.raiseEvent(id, 'Approval', {});
});

test('it rewinds what failed, and nothing else', async () => {
  const { inventory, ...api } = await startOrderApi({ unknownSku: 'reject' });
  const client = await durableClient(api);
  const id = await client.startNew('processBatch', { input: items });
  await expect(client.rewind('nobody', 'x')).rejects.toThrow('No orchestration with instance ID "nobody" found.');
  await expectStatus(client, id, 'Failed');
  await inventory.importCatalogue(items.map(({ sku }) => ({ sku, priceCents: 100, stock: 10 })));
  await client.rewind(id, 'the catalogue is complete');
  await expectStatus(client, id, 'Completed');
  expect((await client.getStatus(id)).output).toEqual({ processed: 2, reserved: 1, total: 3 });
  await expect(client.rewind(id, 'again')).rejects.toThrow('Only failed orchestrations can be rewound');
});

test('it lists all pages and filters', async () => {
  const api = await startOrderApi();
  const client = await durableClient(api);
  const started = await Promise.all(Array.from({ length: 120 }, () => client.startNew('processBatch', { input: [] })));
  await Promise.all(started.map((id) => expectStatus(client, id, 'Completed')));
  const listed = async () => (await client.getStatusAll()).map(({ instanceId }) => instanceId);
  await expect.poll(listed).toEqual(expect.arrayContaining(started));
  const filter = {
    createdTimeFrom: new Date(Date.now() - 600_000),
    createdTimeTo: new Date(Date.now() + 600_000),
    runtimeStatus: ['Completed', 'Failed'] as never,
  };
  // The start that showed the client its URLs is there too.
  expect(await client.getStatusBy(filter)).toHaveLength(started.length + 1);
  const none = { ...filter, createdTimeFrom: new Date(Date.now() + 300_000) };
  expect(await client.getStatusBy(none)).toEqual([]);
});

test('it purges one and many', async () => {
  const client = await durableClient(await startOrderApi());
  const [one, two] = [
    await client.startNew('processBatch', { input: [] }),
    await client.startNew('processBatch', { input: [] }),
  ];
  await expectStatus(client, one, 'Completed');
  await expectStatus(client, two, 'Completed');
  expect(await client.purgeInstanceHistory(one)).toEqual({ instancesDeleted: 1 });
  expect(await client.purgeInstanceHistory(one)).toMatchObject({ instancesDeleted: 0 });
  await expect(client.getStatus(one)).rejects.toThrow('404');
  await expect.poll(async () => (await client.getStatusAll()).map(({ instanceId }) => instanceId)).toContain(two);
  const filter = { createdTimeFrom: new Date(0), runtimeStatus: ['Completed'] as never };
  const { instancesDeleted } = await client.purgeInstanceHistoryBy(filter);
  expect(instancesDeleted).toBeGreaterThan(0);
  await expect(client.getStatus(two)).rejects.toThrow('404');
  expect(await client.purgeInstanceHistoryBy(filter)).toMatchObject({ instancesDeleted: 0 });
});

test('its own check-status answer leads to this server', async () => {
  const api = await startOrderApi();
  const client = await durableClient(api);
  const id = await client.startNew('processBatch', { input: items });
  const response = client.createCheckStatusResponse({ url: api.url, method: 'POST' } as never, id);
  expect(response.status).toBe(202);
  const location = response.headers.get('location') ?? '';
  expect(location.startsWith(`${api.url}${instancesPath}/${id}?`)).toBe(true);
  expect((await fetch(location)).ok).toBe(true);
});
