import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  instancesPath,
  locationOf,
  postJson,
  startedWorkflows,
  startPath,
  startWorker,
  untilEnded,
} from '../harness.ts';
import { filled, send } from '../order-rig.ts';
import { writeTree } from '../../../support/tree.ts';
import { startEdgeApi, type EdgeApi } from './edge-api.ts';

interface Started {
  readonly status: number;
  readonly id: string;
  readonly location: string;
}

async function start(api: EdgeApi, key: string, body: unknown, path = startPath): Promise<Started> {
  const response = await postJson(`${api.url}${path}`, JSON.stringify(body), { 'Idempotency-Key': key });
  const { id = '' } = (await response.json()) as { id?: string };
  return { status: response.status, id, location: locationOf(response) };
}

const newKey = () => `"${crypto.randomUUID()}"`;

test('a start sent again with its key leads to the same instance', async () => {
  const api = await startEdgeApi();
  const key = newKey();
  const first = await start(api, key, api.root);
  expect(first).toMatchObject({ status: 202, id: expect.stringMatching(/^[0-9a-f]{32}$/u) });
  expect(await start(api, key, api.root)).toEqual(first);
  expect((await start(api, newKey(), api.root)).id).not.toBe(first.id);
  expect(await startedWorkflows(api)).toBe(2);
});

test('sent many times at once, it starts once', async () => {
  const api = await startEdgeApi();
  const key = newKey();
  const all = await Promise.all(Array.from({ length: 10 }, () => start(api, key, api.root)));
  expect(new Set(all.map(({ id, status }) => `${status} ${id}`)).size).toBe(1);
  expect(await startedWorkflows(api)).toBe(1);
});

test('it leads to the same instance also when that has ended', async () => {
  const api = await startEdgeApi();
  await startWorker(api);
  const site = join(api.root, 'site');
  await writeTree(site, { 'a.txt': 10 });
  const key = newKey();
  const first = await start(api, key, site);
  expect((await untilEnded(first.location)).body.runtimeStatus).toBe('Completed');
  expect(await start(api, key, site)).toEqual(first);
  expect(await startedWorkflows(api)).toBe(1);
});

test('it leads to the same instance also when that was rewound or restarted, and still knows its request', async () => {
  const api = await startEdgeApi();
  await startWorker(api);
  const site = join(api.root, 'site');
  const key = newKey();
  const first = await start(api, key, site);
  const uri = (verb: string) => `${api.url}${instancesPath}/${first.id}/${verb}`;
  const end = async () => (await untilEnded(first.location)).body.runtimeStatus;
  const repeated = async () => {
    expect(await start(api, key, site)).toEqual(first);
    expect((await start(api, key, `${site}/other`)).status).toBe(422);
  };
  expect(await end()).toBe('Failed');
  expect((await send(uri('rewind'))).status).toBe(202);
  await repeated();
  expect(await end()).toBe('Failed');
  await writeTree(site, { 'late.txt': 7 });
  expect((await send(uri('rewind'))).status).toBe(202);
  expect(await end()).toBe('Completed');
  await repeated();
  expect((await send(uri('restart?restartWithNewInstanceId=false'))).status).toBe(202);
  await repeated();
  expect(await end()).toBe('Completed');
  await repeated();
  expect(await startedWorkflows(api)).toBe(4);
});

test('a copy under a new id is not what the key leads to', async () => {
  const api = await startEdgeApi();
  const key = newKey();
  const first = await start(api, key, api.root);
  const restarted = await send(`${api.url}${instancesPath}/${first.id}/restart`);
  const { id } = (await restarted.json()) as { id: string };
  expect(id).not.toBe(first.id);
  expect(await start(api, key, api.root)).toEqual(first);
  expect((await start(api, key, `${api.root}/other`, `${startPath}/${id}`)).status).toBe(409);
});

test('once its instance was purged, a key starts anew, with any request, and once', async () => {
  const api = await startEdgeApi();
  const key = newKey();
  const first = await start(api, key, api.root);
  const at = `${api.url}${instancesPath}/${first.id}`;
  await send(filled(`${at}/terminate?reason={text}`, 'x'));
  expect((await send(at, 'DELETE')).status).toBe(200);
  const body = `${api.root}/other`;
  const again = await Promise.all(Array.from({ length: 5 }, () => start(api, key, body)));
  expect(again).toEqual(Array.from({ length: 5 }, () => first));
  const status = await fetch(at);
  expect(await status.json()).toMatchObject({ runtimeStatus: 'Pending', input: body });
  expect((await start(api, key, api.root)).status).toBe(422);
});

test('a known key with another body or another orchestrator is a 422 that starts nothing', async () => {
  const api = await startEdgeApi();
  const key = newKey();
  const items = [{ sku: 'A-1', quantity: 1 }];
  expect((await start(api, key, items, '/api/batches')).status).toBe(202);
  expect((await start(api, key, [{ sku: 'A-1', quantity: 2 }], '/api/batches')).status).toBe(422);
  expect((await start(api, key, items, '/orchestrators/ProcessBatchOrchestrator')).status).toBe(422);
  expect((await start(api, key, api.root)).status).toBe(422);
  expect(await startedWorkflows(api)).toBe(1);
});

test("an id of the caller's own wins, and the key still tells a repeat from another request", async () => {
  const api = await startEdgeApi();
  const key = newKey();
  const path = `${startPath}/mine-${crypto.randomUUID()}`;
  const first = await start(api, key, api.root, path);
  expect(path.endsWith(first.id)).toBe(true);
  expect(await start(api, key, api.root, path)).toEqual(first);
  expect((await start(api, key, `${api.root}/other`, path)).status).toBe(422);
  expect((await start(api, newKey(), api.root, path)).status).toBe(409);
  expect(await startedWorkflows(api)).toBe(1);
});

test('a wrong body does not use up a key', async () => {
  const api = await startEdgeApi();
  const key = newKey();
  expect((await start(api, key, 'relative')).status).toBe(400);
  expect((await start(api, key, api.root)).status).toBe(202);
});

test.each([
  '',
  '""',
  '"',
  'unquoted',
  'a b',
  String.raw`"\a"`,
  '"a"b"',
  'é',
  `"${'a'.repeat(256)}"`,
  '"a", "b"',
  '"a";p=1',
])('the key %s is a 400 that starts nothing', async (key) => {
  const api = await startEdgeApi();
  expect((await start(api, key, api.root)).status).toBe(400);
  expect(await startedWorkflows(api)).toBe(0);
});
