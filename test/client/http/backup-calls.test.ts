import { join } from 'node:path';
import { createHttpPoller, type OperationState } from '@azure/core-lro';
import { expect, inject, test } from 'vitest';
import { createBlobProxy } from '../../support/blob-proxy.ts';
import { containerClient } from '../../support/stored-run.ts';
import { writeTree } from '../../support/tree.ts';
import {
  locationOf,
  postJson,
  startApi,
  startPath,
  startWorker,
  untilEnded,
  webhookStartPath,
  type StatusBody,
} from './harness.ts';

const wholeSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u;

test.each([startPath, webhookStartPath])('POST %s answers 202 with the way to the status', async (path) => {
  const { url, root } = await startApi();
  const response = await postJson(`${url}${path}`, JSON.stringify(root));
  expect(response.status).toBe(202);
  expect(response.headers.get('retry-after')).toBe('10');
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { id, statusQueryGetUri } = (await response.json()) as Record<string, string>;
  expect(id).toMatch(/^[0-9a-f]{32}$/u);
  expect(locationOf(response)).toBe(statusQueryGetUri);
  const instances = `${url}/runtime/webhooks/durabletask/instances`;
  expect(statusQueryGetUri).toMatch(/\?taskHub=DurableFunctionsHub&connection=Storage&code=[\w-]+$/u);
  expect(statusQueryGetUri?.startsWith(`${instances}/${id}?`)).toBe(true);
});

test('an instance that no worker took yet is Pending, and the poll leads to itself with its query', async () => {
  const { url, root } = await startApi();
  const asked = `  ${root} `;
  const started = await postJson(`${url}${startPath}`, JSON.stringify(asked));
  const own = `${locationOf(started)}&showInput=true`;
  const response = await fetch(own);
  expect(response.status).toBe(202);
  expect(locationOf(response)).toBe(own);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const body = (await response.json()) as StatusBody;
  expect(body).toEqual({
    name: 'E2_BackupSiteContent',
    instanceId: expect.stringMatching(/^[0-9a-f]{32}$/u),
    runtimeStatus: 'Pending',
    input: asked,
    customStatus: null,
    output: null,
    createdTime: expect.stringMatching(wholeSeconds),
    lastUpdatedTime: expect.stringMatching(wholeSeconds),
  });
});

test('a backup ends in 200 with the bytes as a bare number, and the files are in the container', async () => {
  const api = await startApi();
  const site = join(api.root, 'site');
  await writeTree(site, { 'index.html': 1000, 'img/a b.png': 234, empty: 0 });
  await startWorker(api);
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(` ${site}\n`));
  const { response, body } = await untilEnded(locationOf(started));
  expect(response.status).toBe(200);
  expect(response.headers.get('location')).toBeNull();
  expect(response.headers.get('retry-after')).toBeNull();
  expect(body).toMatchObject({ runtimeStatus: 'Completed', output: 1234, input: ` ${site}\n` });
  expect(body.customStatus).toMatchObject({ phase: 'done', files: 3, bytes: 1234 });
  expect(Object.keys(body)).toEqual([
    'name',
    'instanceId',
    'runtimeStatus',
    'input',
    'customStatus',
    'output',
    'createdTime',
    'lastUpdatedTime',
  ]);
  expect(body.createdTime).toMatch(wholeSeconds);
  expect(body.lastUpdatedTime >= body.createdTime).toBe(true);
  const blob = containerClient(api.config.container).getBlobClient(`${site.slice(1)}/img/a b.png`);
  expect((await blob.getProperties()).contentLength).toBe(234);
});

test('a backup in the middle is Running and shows its progress', async () => {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const api = await startApi({ connectionString: proxy.connectionString });
  await writeTree(api.root, { 'a.txt': 10, 'b.txt': 20 });
  await startWorker(api);
  const held = proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/b.txt'));
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root));
  await held.reached;
  const response = await fetch(locationOf(started));
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({
    runtimeStatus: 'Running',
    output: null,
    customStatus: { phase: 'copying', totalFiles: 2, totalBytes: 30 },
  });
  held.release();
  expect((await untilEnded(locationOf(started))).body.output).toBe(30);
  await proxy.close();
});

test('a backup that fails ends in 200 with the reason as output', async () => {
  const api = await startApi();
  await startWorker(api);
  const missing = join(api.root, 'gone');
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(missing));
  expect(started.status).toBe(202);
  const { response, body } = await untilEnded(locationOf(started));
  expect(response.status).toBe(200);
  expect(body).toMatchObject({ runtimeStatus: 'Failed', output: `${missing} does not exist on the worker's machine` });
});

test.each([
  ['an empty body', '', null],
  ['null', 'null', null],
  ['an empty string', '""', ''],
])('%s means the working directory of the worker', async (_, body, input) => {
  const api = await startApi();
  const { workingDirectory } = await startWorker(api);
  await writeTree(workingDirectory, { 'app.js': 77 });
  const started = await postJson(`${api.url}${startPath}`, body);
  expect(started.status).toBe(202);
  expect((await untilEnded(locationOf(started))).body).toMatchObject({ runtimeStatus: 'Completed', output: 77, input });
});

test("Azure's own long-running-operation poller follows a backup to its end", async () => {
  const api = await startApi();
  await writeTree(api.root, { 'a.txt': 10 });
  await startWorker(api);
  const send = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    const body = (await response.json()) as StatusBody;
    const headers = Object.fromEntries(response.headers);
    // Its next poll would come after that many seconds.
    if ('retry-after' in headers) headers['retry-after'] = '1';
    return {
      flatResponse: body,
      rawResponse: { statusCode: response.status, headers, body, request: { method: init?.method ?? 'GET', url } },
    };
  };
  const poller = createHttpPoller<StatusBody, OperationState<StatusBody>>({
    sendInitialRequest: () =>
      send(`${api.url}${startPath}`, {
        method: 'POST',
        body: JSON.stringify(api.root),
        headers: { 'Content-Type': 'application/json' },
      }),
    sendPollRequest: (url) => send(url),
  });
  expect(await poller.pollUntilDone()).toMatchObject({ runtimeStatus: 'Completed', output: 10 });
  expect(poller.operationState?.status).toBe('succeeded');
});
