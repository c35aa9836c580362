import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { closedAddress } from '../../cli/command.ts';
import { postJson, startPath, startWorker } from '../harness.ts';
import { connectTo, sendRaw, startEdgeApi } from './edge-api.ts';

test('a server that Temporal answers is up and ready, and says whether anybody works', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const get = async (path: string) => (await fetch(`${api.url}${path}`)).json();
  expect(await get('/healthz')).toEqual({ status: 'up' });
  expect(await get('/readyz')).toEqual({ status: 'ready', workers: false });
  await startWorker(api);
  for (;;) {
    const { workers } = (await get('/readyz')) as { workers: boolean };
    if (workers) break;
    await sleep(100);
  }
});

test('without Temporal it is up and not ready, and does not say where Temporal should be', async () => {
  const api = await startEdgeApi({}, closedAddress);
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  const response = await fetch(`${api.url}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ status: 503, Message: 'Temporal does not answer' });
});

test('a server that ends takes nobody new, is not ready, and answers what is under way', async () => {
  const api = await startEdgeApi();
  const body = JSON.stringify(api.root);
  const starting = connectTo(api.url);
  const probing = connectTo(api.url);
  starting.write(
    `POST ${startPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  probing.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n');
  const untilSeen = async () => (await fetch(`${api.url}/healthz`)).arrayBuffer();
  await untilSeen();
  const closed = api.server.close();
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow('fetch failed');
  probing.write('\r\n');
  const [probed] = (await once(probing, 'data')) as [Buffer];
  expect(String(probed)).toMatch(/^HTTP\/1\.1 503 /u);
  expect(String(probed)).toContain('\r\nConnection: close\r\n');
  starting.write(body.slice(5));
  const [started] = (await once(starting, 'data')) as [Buffer];
  expect(String(started)).toMatch(/^HTTP\/1\.1 202 /u);
  await closed;
  await api.server.close();
});

test.each(['/healthz', '/readyz', '/docs', '/openapi.json'])('another method of %s is a 405', async (path) => {
  const api = await startEdgeApi();
  const response = await fetch(`${api.url}${path}`, { method: 'POST' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, HEAD');
});

test.each(['TRACE', 'QUERY', 'PROPFIND'])('%s is a 405 wherever it is sent', async (method) => {
  const api = await startEdgeApi();
  const answer = await sendRaw(
    api.url,
    `${method} /orchestrators/backup HTTP/1.1\r\nHost: localhost\r\nx-functions-key: secret\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 405 /u);
  expect(answer).not.toContain('secret');
});

test('who waits for the end of an instance is told where to look for it when the server ends', async () => {
  const api = await startEdgeApi();
  const id = randomUUID();
  const waiting = postJson(`${api.url}${startPath}/${id}?timeout=200&pollingInterval=1`, JSON.stringify(api.root));
  const early = async () => {
    throw new Error(`answered ${(await waiting).status} while the instance ran and the server did not end`);
  };
  const started = async () => {
    while ((await api.jobs.runtimeStatus(id)) === undefined) await sleep(50);
  };
  await Promise.race([started(), early()]);
  const [answer] = await Promise.all([waiting, api.server.close()]);
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toContain(`/instances/${id}?`);
});
