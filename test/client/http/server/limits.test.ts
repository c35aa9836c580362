import { once } from 'node:events';
import { constants, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import {
  instancesPath,
  locationOf,
  postJson,
  startedWorkflows,
  startPath,
  startWorker,
  untilEnded,
} from '../harness.ts';
import { openTestInventory } from '../order-rig.ts';
import { connectTo, sendRaw, startEdgeApi, type EdgeApi } from './edge-api.ts';

const unknown = '/runtime/webhooks/durabletask/instances/unknown';

async function statuses(api: EdgeApi, count: number, headers: Record<string, string> = {}): Promise<number[]> {
  const found: number[] = [];
  for (let sent = 0; sent < count; sent += 1) found.push((await fetch(`${api.url}${unknown}`, { headers })).status);
  return found;
}

test('more requests in a minute than allowed are a 429 that says when to come back', async () => {
  const api = await startEdgeApi({ HTTP_RATE_LIMIT: '3' });
  expect(await statuses(api, 3)).toEqual([404, 404, 404]);
  const response = await fetch(`${api.url}${unknown}`);
  expect(response.status).toBe(429);
  const wait = response.headers.get('retry-after') ?? '';
  expect(wait).toMatch(/^[1-9]\d?$/u);
  expect(await response.json()).toMatchObject({
    status: 429,
    Message: `More than 3 requests in a minute: wait ${wait} seconds`,
  });
});

test('probes are always answered', async () => {
  const api = await startEdgeApi({ HTTP_RATE_LIMIT: '1' });
  expect(await statuses(api, 2)).toEqual([404, 429]);
  for (const path of ['/healthz', '/readyz', '/healthz']) expect((await fetch(`${api.url}${path}`)).status).toBe(200);
});

test('starts have a limit of their own, and what is over it starts nothing', async () => {
  const api = await startEdgeApi({ HTTP_START_RATE_LIMIT: '4' });
  const body = JSON.stringify(api.root);
  const starts = [startPath, `/Runtime/webhooks/durabletask${startPath}/a`, '/api/batches', '/API/Batches/'];
  for (const path of starts) await postJson(`${api.url}${path}`, body);
  const before = await startedWorkflows(api);
  for (const path of [...starts, `${unknown}/restart`, `${unknown}/Rewind/`]) {
    expect([path, (await postJson(`${api.url}${path}`, body)).status]).toEqual([path, 429]);
  }
  expect(await startedWorkflows(api)).toBe(before);
  expect(await statuses(api, 2)).toEqual([404, 404]);
});

test('a start is what gives workers something to do, whatever an instance is called', async () => {
  const api = await startEdgeApi({ HTTP_START_RATE_LIMIT: '1' });
  const post = async (path: string) => (await postJson(`${api.url}${path}`, '{}')).status;
  expect(await post('/api/batches')).toBe(400);
  const ofRun = ['retry', 'restores/', 'verifications'].map((what) => `latest/${what}`);
  for (const path of ['', '/', '/prune', '/preview', '/schedules/web/trigger', ...ofRun.map((one) => `/${one}`)]) {
    expect([path, await post(`/API/backups${path}`)]).toEqual([path, 429]);
  }
  const steering = ['forget', 'latest/accept', 'schedules/apply', 'schedules/web/pause', 'schedules/web/resume'];
  const ofInstances = ['orchestrators', 'restart'].map((id) => `${instancesPath}/${id}/terminate`);
  for (const path of [...steering.map((one) => `/api/backups/${one}`), ...ofInstances]) {
    expect([path, await post(path)]).not.toEqual([path, 429]);
  }
});

test.each([
  ['ends a call itself, since it saw the deadline first', 'reset'],
  ['cancels a call', '1'],
  ['is late', '4'],
  ['fails', '13'],
])('a start of a Temporal that %s is a 503 that says when to come back', async (_, status) => {
  const temporal = createServer();
  temporal.on('stream', (stream) => {
    stream.on('error', () => undefined);
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status };
    if (status === 'reset') stream.close(constants.NGHTTP2_CANCEL);
    else stream.respond(headers, { endStream: true });
  });
  temporal.listen(0, '127.0.0.1');
  onTestFinished(() => void temporal.close());
  await once(temporal, 'listening');
  const api = await startEdgeApi({}, `127.0.0.1:${(temporal.address() as AddressInfo).port}`);
  for (const headers of [{}, { 'Idempotency-Key': '"a"' }]) {
    const response = await postJson(`${api.url}/api/batches`, '[{"sku":"A","quantity":1}]', headers);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  }
});

test('while too many tasks wait for workers starts are turned away, and taken again once these have caught up', async () => {
  const api = await startEdgeApi({ HTTP_MAX_BACKLOG: '20' });
  const start = (path = '/api/batches') => postJson(`${api.url}${path}`, '[{"sku":"A","quantity":1}]');
  const accepted: Response[] = [];
  let refused = await start();
  for (; refused.status === 202; refused = await start()) accepted.push(refused);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('10');
  expect(await refused.json()).toMatchObject({
    status: 429,
    Message: 'The workers are behind, 20 tasks or more wait for them: try again in 10 seconds',
  });
  expect(accepted.length).toBeGreaterThanOrEqual(20);
  for (const path of [startPath, `${unknown}/restart`, `${unknown}/rewind`]) {
    expect([path, (await start(path)).status]).toEqual([path, 429]);
  }
  expect((await fetch(locationOf(accepted[0] as Response))).status).toBe(202);
  expect(await startedWorkflows(api)).toBe(accepted.length);

  const inventory = await openTestInventory();
  await startWorker(api, { inventory });
  await expect.poll(async () => (await start()).status).toBe(202);
  const ended = await Promise.all(accepted.map((response) => untilEnded(locationOf(response))));
  expect(new Set(ended.map(({ body }) => body.runtimeStatus))).toEqual(new Set(['Completed']));
});

test('0 is no limit', async () => {
  const api = await startEdgeApi({ HTTP_RATE_LIMIT: '0', HTTP_START_RATE_LIMIT: '0', HTTP_MAX_BACKLOG: '0' });
  expect(new Set(await statuses(api, 100))).toEqual(new Set([404]));
});

test('a caller is who a trusted proxy says, and cannot say so itself', async () => {
  const trusting = await startEdgeApi({ HTTP_RATE_LIMIT: '1', TRUST_PROXY: '1' });
  const from = (address: string) => statuses(trusting, 1, { 'X-Forwarded-For': address });
  expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')]).toEqual([[404], [404], [429]]);
  // What stands before the proxy's own entry was sent by the caller.
  expect(await from('192.0.2.9, 192.0.2.1')).toEqual([429]);
  const api = await startEdgeApi({ HTTP_RATE_LIMIT: '1' });
  expect(await statuses(api, 1, { 'X-Forwarded-For': '192.0.2.1' })).toEqual([404]);
  expect(await statuses(api, 1, { 'X-Forwarded-For': '192.0.2.2' })).toEqual([429]);
});

test.each([
  ['headers', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
  ['a body', `POST ${startPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"`],
  ['chunks', `POST ${startPath} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"\r\n`],
])('a caller that sends %s drop by drop is cut off and starts nothing', async (what, beginning) => {
  const api = await startEdgeApi({ HTTP_REQUEST_TIMEOUT: '1' });
  const socket = connectTo(api.url);
  socket.write(beginning);
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  while (!socket.destroyed) {
    socket.write(what === 'chunks' ? '1\r\n"\r\n' : 'a');
    await sleep(50);
  }
  expect(answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/u);
  expect(await startedWorkflows(api)).toBe(0);
});

test('headers without end are refused', async () => {
  const api = await startEdgeApi();
  const answer = await sendRaw(api.url, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`);
  expect(answer).toMatch(/^(?:HTTP\/1\.1 431 |$)/u);
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
});
