import { expect, test } from 'vitest';
import { locationOf, postJson, startPath } from '../http/harness.ts';
import { sendRaw, startEdgeApi, type EdgeApi } from './edge-api.ts';

const keyed = (key: string) => ({ 'x-functions-key': key });

async function startWith(api: EdgeApi, key: string): Promise<string> {
  const response = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root), keyed(key));
  expect(response.status).toBe(202);
  return locationOf(response);
}

/** The same address on another server. */
function at(api: EdgeApi, location: string): string {
  return location.replace(/^http:\/\/[^/]*/u, api.url);
}

test('any of several keys opens, and no mixture of them', async () => {
  const api = await startEdgeApi({ API_KEY: 'new key, old-key' });
  for (const key of ['new key', 'old-key']) await startWith(api, key);
  for (const key of ['new key, old-key', 'new key,old-key', 'new', 'old-key,', '', ',']) {
    const response = await postJson(`${api.url}${startPath}`, '""', keyed(key));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('ApiKey realm="durable-backup"');
  }
});

test('a key is replaced without breaking an address that was handed out', async () => {
  const queue = { TASK_QUEUE: crypto.randomUUID() };
  const before = await startEdgeApi({ ...queue, API_KEY: 'old' });
  const during = await startEdgeApi({ ...queue, API_KEY: 'new,old' });
  const after = await startEdgeApi({ ...queue, API_KEY: 'new' });
  const oldLocation = await startWith(before, 'old');
  expect((await fetch(at(during, oldLocation))).status).toBe(202);
  expect((await fetch(at(after, oldLocation))).status).toBe(401);
  const restarted = await postJson(`${during.url}${startPath}`, JSON.stringify(during.root), keyed('old'));
  expect((await fetch(at(after, locationOf(restarted)))).status).toBe(202);
});

test('a leaked address can steer its own instance alone: it lists, starts and purges nothing', async () => {
  const api = await startEdgeApi({ API_KEY: 'master' });
  const leaked = new URL(await startWith(api, 'master'));
  const other = new URL(await startWith(api, 'master'));
  const { search } = leaked;
  const instances = `${api.url}/runtime/webhooks/durabletask/instances`;
  const foreign = `${api.url}${other.pathname}`;
  const own = `${api.url}${leaked.pathname}`;
  const since = '&createdTimeFrom=2000-01-01';
  const refused = [
    ['GET', `${instances}${search}`],
    ['GET', `${instances}/${search}`],
    ['DELETE', `${instances}${search}${since}`],
    ['DELETE', `${instances}/${search}${since}`],
    ['POST', `${api.url}${startPath}${search}`],
    ['POST', `${api.url}${startPath}/${own.split('/').at(-1)}${search}`],
    ['POST', `${api.url}/api/batches${search}`],
    ['GET', `${foreign}${search}`],
    ['DELETE', `${foreign}${search}`],
    ['GET', `${own.toUpperCase().replace(/^HTTP/u, 'http')}${search}`],
    ['GET', `${own}%20${search}`],
    ...['terminate', 'suspend', 'resume', 'rewind', 'restart', 'raiseEvent/x'].map((verb) => [
      'POST',
      `${foreign}/${verb}${search}`,
    ]),
  ];
  for (const [method = '', url = ''] of refused) {
    expect([method, url, (await fetch(url, { method })).status]).toEqual([method, url, 401]);
  }
  expect((await fetch(foreign, { headers: keyed('master') })).status).toBe(202);
  expect((await fetch(leaked)).status).toBe(202);
});

test('no way of writing the path leads from one instance to another', async () => {
  const api = await startEdgeApi({ API_KEY: 'master' });
  const leaked = new URL(await startWith(api, 'master'));
  const other = new URL(await startWith(api, 'master'));
  const id = other.pathname.split('/').at(-1) ?? '';
  for (const way of [`/../${id}`, `/%2e%2e/${id}`, `%2f..%2f${id}`, `;/../${id}`, `?/../${id}`, `/..;/${id}`]) {
    const answer = await sendRaw(
      api.url,
      `GET ${leaked.pathname}${way}${way.startsWith('?') ? leaked.search.replace('?', '&') : leaked.search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).not.toContain(`"instanceId":"${id}"`);
  }
});
