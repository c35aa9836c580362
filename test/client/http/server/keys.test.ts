import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { locationOf, postJson, startedWorkflows, startPath } from '../harness.ts';
import { startWorker as startWorkflows } from '../../../support/workflow-harness.ts';
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
  const api = await startEdgeApi({ API_KEY: 'new key number two, old-key-number-one' });
  for (const key of ['new key number two', 'old-key-number-one']) await startWith(api, key);
  for (const key of [
    'new key number two, old-key-number-one',
    'new key number two,old-key-number-one',
    'new',
    'old-key-number-one,',
    '',
    ',',
  ]) {
    const response = await postJson(`${api.url}${startPath}`, '""', keyed(key));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('ApiKey realm="durable-backup"');
  }
});

test('a key is replaced without breaking an address that was handed out', async () => {
  const [oldKey, newKey] = ['old-key-number-one', 'new-key-number-two'];
  const queue = { TASK_QUEUE: crypto.randomUUID() };
  const before = await startEdgeApi({ ...queue, API_KEY: oldKey });
  const during = await startEdgeApi({ ...queue, API_KEY: `${newKey},${oldKey}` });
  const after = await startEdgeApi({ ...queue, API_KEY: newKey });
  const oldLocation = await startWith(before, oldKey);
  expect((await fetch(at(during, oldLocation))).status).toBe(202);
  expect((await fetch(at(after, oldLocation))).status).toBe(401);
  const restarted = await postJson(`${during.url}${startPath}`, JSON.stringify(during.root), keyed(oldKey));
  expect((await fetch(at(after, locationOf(restarted)))).status).toBe(202);
});

test('a leaked status URI can do everything with its own instance, and nothing else', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const leaked = new URL(await startWith(api, 'the-master-key-1'));
  const other = new URL(await startWith(api, 'the-master-key-1'));
  const { search } = leaked;
  const instances = `${api.url}/runtime/webhooks/durabletask/instances`;
  const foreign = `${api.url}${other.pathname}`;
  const own = `${api.url}${leaked.pathname}`;
  const since = '&createdTimeFrom=2000-01-01';
  const calls = (at: string) =>
    ['terminate', 'suspend', 'resume', 'rewind', 'restart', 'raiseEvent/x'].map((verb) => ['POST', `${at}/${verb}`]);
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
    ...calls(foreign).map(([method, url]) => [method, `${url}${search}`]),
    ['POST', `${foreign}/restart${search}&restartWithNewInstanceId=false`],
    ['POST', `${own}/restart${search}`],
    ['POST', `${own}/restart${search}&restartWithNewInstanceId=true`],
    ['POST', `${own}/restart${search}&restartWithNewInstanceId=no`],
  ];
  for (const [method = '', url = ''] of refused) {
    expect([method, url, (await fetch(url, { method })).status]).toEqual([method, url, 401]);
  }
  expect((await fetch(foreign, { headers: keyed('the-master-key-1') })).status).toBe(202);

  // It answers for the instances and does none of their work, so that they run on meanwhile.
  const worker = await startWorkflows({}, { taskQueue: api.config.taskQueue });
  onTestFinished(() => worker.stop());
  const send = async (method: string, path: string, more = '', body?: string) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    return fetch(`${own}${path}${search}${more}`, { method, headers, ...(body !== undefined && { body }) });
  };
  const codes = {
    status: (await send('GET', '')).status,
    event: (await send('POST', '/raiseEvent/x', '', '{}')).status,
    suspend: (await send('POST', '/suspend')).status,
    resume: (await send('POST', '/resume')).status,
    restartWhileItRuns: (await send('POST', '/restart', '&restartWithNewInstanceId=false')).status,
    terminate: (await send('POST', '/terminate')).status,
    rewindOfWhatHasNotFailed: (await send('POST', '/rewind')).status,
  };
  expect(codes).toEqual({
    status: 202,
    event: 202,
    suspend: 202,
    resume: 202,
    restartWhileItRuns: 409,
    terminate: 202,
    rewindOfWhatHasNotFailed: 412,
  });
});

test('a leaked status URI restarts its own instance under its id, and gets no code that opens more', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const leaked = new URL(await startWith(api, 'the-master-key-1'));
  const own = `${api.url}${leaked.pathname}`;
  await fetch(`${own}/terminate${leaked.search}`, { method: 'POST' });
  const keep = `${own}/restart${leaked.search}&restartWithNewInstanceId=false`;
  const response = await fetch(keep, { method: 'POST' });
  expect(response.status).toBe(202);
  const { restartPostUri, id, ...others } = (await response.json()) as Record<string, string>;
  expect(leaked.pathname.endsWith(`/${id}`)).toBe(true);
  const codeOf = (uri: string) => new URL(uri).searchParams.get('code');
  for (const uri of [restartPostUri, ...Object.values(others)]) expect(codeOf(uri ?? '')).toBe(codeOf(leaked.href));
  expect((await fetch(restartPostUri ?? '', { method: 'POST' })).status).toBe(401);
  expect(await startedWorkflows(api)).toBe(2);
  await fetch(`${own}/terminate${leaked.search}`, { method: 'POST' });
  expect((await fetch(`${own}${leaked.search}`, { method: 'DELETE' })).status).toBe(200);
});

test('the URI of a restart makes copies of its instance, each with a restart of its own, and opens nothing else', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const urisOf = async (response: Response) => (await response.json()) as Record<string, string>;
  const first = await urisOf(
    await postJson(`${api.url}${startPath}`, JSON.stringify(api.root), keyed('the-master-key-1')),
  );
  const { searchParams, pathname } = new URL(first['restartPostUri'] ?? '');
  const own = `${api.url}${pathname.replace(/\/restart$/u, '')}`;
  const code = `?code=${searchParams.get('code')}`;
  const refused = [
    ['GET', `${own}${code}`],
    ['DELETE', `${own}${code}`],
    ['POST', `${own}/terminate${code}`],
    ['POST', `${own}/rewind${code}`],
    ['POST', `${api.url}${startPath}${code}`],
    ['GET', `${api.url}/runtime/webhooks/durabletask/instances${code}`],
  ];
  for (const [method = '', url = ''] of refused) {
    expect([method, url, (await fetch(url, { method })).status]).toEqual([method, url, 401]);
  }
  let uris = first;
  for (let copies = 1; copies <= 2; copies++) {
    const response = await fetch(uris['restartPostUri'] ?? '', { method: 'POST' });
    expect(response.status).toBe(202);
    uris = await urisOf(response);
    expect(uris['id']).not.toBe(first['id']);
    expect((await fetch(uris['statusQueryGetUri'] ?? '')).status).toBe(202);
  }
});

test('no way of writing the path leads from one instance to another', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const leaked = new URL(await startWith(api, 'the-master-key-1'));
  const other = new URL(await startWith(api, 'the-master-key-1'));
  const id = other.pathname.split('/').at(-1) ?? '';
  for (const way of [`/../${id}`, `/%2e%2e/${id}`, `%2f..%2f${id}`, `;/../${id}`, `?/../${id}`, `/..;/${id}`]) {
    const answer = await sendRaw(
      api.url,
      `GET ${leaked.pathname}${way}${way.startsWith('?') ? leaked.search.replace('?', '&') : leaked.search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).not.toContain(`"instanceId":"${id}"`);
  }
});

test('a code that was handed out is no keyed hash of the key itself, whose guesses would cost nothing', async () => {
  const key = 'the-master-key-1';
  const settings = { API_KEY: key, TASK_QUEUE: crypto.randomUUID() };
  const api = await startEdgeApi(settings);
  const location = new URL(await startWith(api, key));
  const instanceId = location.pathname.split('/').at(-1) ?? '';
  const code = location.searchParams.get('code');
  expect(code).toHaveLength(43);
  for (const text of [instanceId, `instance:${instanceId}`]) {
    expect(code).not.toBe(createHmac('sha256', key).update(text).digest('base64url'));
  }
  // What another process with the same key hands out is the same.
  const other = await startEdgeApi(settings);
  expect((await fetch(at(other, location.href))).status).toBe(202);
});
