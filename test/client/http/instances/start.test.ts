import { join } from 'node:path';
import { expect, test } from 'vitest';
import { managementUrisSchema } from '../../../../src/client/http/answers.ts';
import { ExpectedError } from '../../../../src/contracts/failures.ts';
import { writeTree } from '../../../support/tree.ts';
import {
  instancesPath,
  locationOf,
  postJson,
  startApi,
  startedWorkflows,
  startPath,
  startWorker,
  untilEnded,
  webhookStartPath,
} from '../harness.ts';
import { sendRaw } from '../server/edge-api.ts';
import { postBatch, startOrderApi, urisOf } from '../order-rig.ts';

test.each([startPath, webhookStartPath, '/api/batches'])('POST %s hands out the nine URIs', async (path) => {
  const { url } = await startApi();
  const response = await postJson(`${url}${path}`, path === '/api/batches' ? '[]' : '');
  expect(response.status).toBe(202);
  expect(response.headers.get('retry-after')).toBe('10');
  const uris = managementUrisSchema.parse(await response.json());
  const base = `${url}${instancesPath}/${uris.id}`;
  const queryOf = (uri: string) =>
    `taskHub=DurableFunctionsHub&connection=Storage&code=${new URL(uri).searchParams.get('code')}`;
  const query = queryOf(uris.statusQueryGetUri);
  expect(uris).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/u),
    statusQueryGetUri: `${base}?${query}`,
    sendEventPostUri: `${base}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${base}/terminate?reason={text}&${query}`,
    rewindPostUri: `${base}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${base}?${query}`,
    restartPostUri: `${base}/restart?${queryOf(uris.restartPostUri)}`,
    suspendPostUri: `${base}/suspend?reason={text}&${query}`,
    resumePostUri: `${base}/resume?reason={text}&${query}`,
  });
  expect(locationOf(response)).toBe(uris.statusQueryGetUri);
  expect((await fetch(uris.statusQueryGetUri)).status).toBe(202);
});

test.each([
  '.a',
  'a.',
  '...',
  '%2E',
  'order 66',
  "it's",
  'ä/ß'.replace('/', '.'),
  '100%',
  'a+b',
  'x'.repeat(256),
  '{text}',
  '日本',
  '"',
  ';',
])('an instance may have the id %s', async (id) => {
  const { url } = await startApi();
  const response = await postJson(`${url}${startPath}/${encodeURIComponent(id)}`, '');
  expect(response.status).toBe(202);
  const uris = await urisOf(response);
  expect(uris.id).toBe(id);
  const status = await fetch(uris.statusQueryGetUri);
  expect(await status.json()).toMatchObject({ instanceId: id, runtimeStatus: 'Pending' });
  await fetch(uris.terminatePostUri, { method: 'POST' });
  const purged = await fetch(uris.purgeHistoryDeleteUri, { method: 'DELETE' });
  expect(purged.status).toBe(200);
});

test.each([
  ['a%2Fb', 'must not hold'],
  ['a%5Cb', 'must not hold'],
  ['a%23b', 'must not hold'],
  ['a%3Fb', 'must not hold'],
  ['a%0Ab', 'control characters'],
  ['%00', 'control characters'],
  ['@entity', 'must not begin with @'],
  ['x'.repeat(257), 'at most 256'],
  ['%ZZ', 'could not be read'],
])('the instance id %s is refused and starts nothing', async (id, reason) => {
  const api = await startApi();
  const response = await postJson(`${api.url}${webhookStartPath}/${id}`, '');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ Message: expect.stringContaining(reason) });
  expect(await startedWorkflows(api)).toBe(0);
});

test.each(['%2E', '%2e%2E', '.%2e'])('an id that every URL would lose, %s, starts nothing', async (id) => {
  const api = await startApi();
  for (const path of [startPath, webhookStartPath]) {
    const head = `POST ${path}/${id} HTTP/1.1\r\nHost: ${new URL(api.url).host}\r\nConnection: close\r\n`;
    const answer = await sendRaw(api.url, `${head}Content-Length: 0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*must not be \. or \.\./u);
  }
  expect(await startedWorkflows(api)).toBe(0);
});

test('an id that runs is a 409, and one that has ended may be used again', async () => {
  const { url, client } = await startApi();
  const id = `order-${Date.now()}-${process.pid}`;
  const start = () => postJson(`${url}${startPath}/${id}`, '');
  expect((await start()).status).toBe(202);
  const refused = await start();
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ Message: `An instance with the id ${id} is already running.` });
  await client.workflow.getHandle(id).terminate();
  expect((await start()).status).toBe(202);
});

test('the backup orchestrator takes an input with options and returns a summary', async () => {
  const api = await startApi();
  await writeTree(join(api.root, 'site'), { 'a.txt': 10, 'b.txt': 5 });
  await startWorker(api);
  const body = JSON.stringify({ Root: join(api.root, 'site'), Options: { PACKFILES: 1 } });
  const started = await postJson(`${api.url}/orchestrators/backup`, body);
  expect(started.status).toBe(202);
  expect((await untilEnded(locationOf(started))).body).toMatchObject({
    name: 'backup',
    runtimeStatus: 'Completed',
    input: { root: join(api.root, 'site'), options: { packFiles: 1 } },
    output: { files: 2, bytes: 15, complete: true },
  });
});

test.each([
  ['a text', '"/srv"', 'must be a backup'],
  ['an array', '[]', 'must be a backup'],
  ['an object without a root', '{}', 'root'],
  ['a member that does not exist', '{"root":"","bytes":1}', 'bytes'],
  ['an option that does not exist', '{"root":"","options":{"speed":1}}', 'speed'],
  ['an option out of bounds', '{"root":"","options":{"window":0}}', 'options.window'],
  ['an option of the wrong type', '{"root":"","options":{"window":"8"}}', 'options.window'],
  ['a directory outside the roots', '{"root":"/etc"}', 'BACKUP_ROOTS'],
])('the backup orchestrator refuses %s', async (_, body, reason) => {
  const api = await startApi();
  const response = await postJson(`${api.url}/orchestrators/backup`, body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ Message: expect.stringContaining(reason) });
  expect(await startedWorkflows(api)).toBe(0);
});

test('with timeout and pollingInterval the answer is the bare output', async () => {
  const { url } = await startOrderApi();
  const body = JSON.stringify([{ sku: 'A', quantity: 3 }]);
  for (const path of ['/api/batches', '/orchestrators/processBatch']) {
    const response = await postJson(`${url}${path}?Timeout=60&pollinginterval=0.5`, body);
    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await response.json()).toEqual({ processed: 1, reserved: 1, total: 29.97 });
  }
});

test('with timeout and pollingInterval a failure is the status', async () => {
  const { url } = await startOrderApi({ unknownSku: 'reject' });
  const response = await postJson(
    `${url}/api/batches?timeout=60&pollingInterval=1`,
    JSON.stringify([{ sku: 'A', quantity: 3 }]),
  );
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ runtimeStatus: 'Failed', customStatus: { failures: [{ index: 0 }] } });
});

test('a failure that Temporal then tells nothing more of is answered like a start', async () => {
  const { jobs, url } = await startOrderApi({ unknownSku: 'reject' });
  jobs.status = () => Promise.reject(new ExpectedError('TemporalUnavailable', 'late'));
  const response = await postJson(`${url}/api/batches?timeout=60&pollingInterval=1`, '[{"sku":"A","quantity":3}]');
  expect(response.status).toBe(202);
  const [instanceId = ''] = /instances\/[^?]+/u.exec(locationOf(response)) ?? [];
  expect(await jobs.runtimeStatus(instanceId.split('/')[1] ?? '')).toBe('Failed');
});

test('a wait that ends before the instance is answered like a start', async () => {
  const { url } = await startApi();
  for (const query of ['timeout=0.2&pollingInterval=0.1', 'timeout=0&pollingInterval=0']) {
    const response = await postJson(`${url}/api/batches?${query}`, '[]');
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(locationOf(response)).toBe((await urisOf(response)).statusQueryGetUri);
  }
});

test.each(['timeout=60', 'pollingInterval=1', 'timeout=x&pollingInterval=y', 'timeout=NaN&pollingInterval=1'])(
  'nothing is waited for with %s alone',
  async (query) => {
    const { url } = await startApi();
    expect((await postJson(`${url}/api/batches?${query}`, '[]')).status).toBe(202);
  },
);

test.each([
  ['timeout=1&pollingInterval=2', 'Total timeout 1 should be bigger than retry timeout 2'],
  ['timeout=-1&pollingInterval=-2', 'must not be negative'],
])('%s is refused before anything is started', async (query, reason) => {
  const api = await startApi();
  const response = await postJson(`${api.url}/api/batches?${query}`, '[]');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ Message: expect.stringContaining(reason) });
  expect(await startedWorkflows(api)).toBe(0);
});

test('a wait as long as it likes ends when the instance does', async () => {
  const { url, client } = await startApi();
  const id = `wait-${Date.now()}-${process.pid}`;
  const waiting = postJson(`${url}/orchestrators/processBatch/${id}?timeout=1e300&pollingInterval=1`, '[]');
  await expect.poll(async () => (await fetch(`${url}${instancesPath}/${id}`)).status).toBe(202);
  await client.workflow.getHandle(id).terminate('changed my mind');
  const response = await waiting;
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ runtimeStatus: 'Terminated', output: 'changed my mind' });
});

test('an unknown orchestrator, an empty name and a third segment start nothing', async () => {
  const api = await startApi();
  expect((await postBatch(api.url, undefined)).status).toBe(400);
  expect((await postJson(`${api.url}/orchestrators/%20`, '')).status).toBe(400);
  expect((await postJson(`${api.url}/orchestrators/__proto__`, '')).status).toBe(400);
  expect((await postJson(`${api.url}${startPath}/a/b`, '')).status).toBe(404);
  expect(await startedWorkflows(api)).toBe(0);
});
