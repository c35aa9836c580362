import { expect, test } from 'vitest';
import { locationOf, postJson, startApi, startedWorkflows, startPath, webhookStartPath } from './harness.ts';

const apiKey = 'correct horse';
const header = { 'x-functions-key': apiKey };
const asQuery = `?code=${encodeURIComponent(apiKey)}`;

test.each([startPath, webhookStartPath])('POST %s without the key is a 401 and starts nothing', async (path) => {
  const api = await startApi({ apiKey });
  const body = JSON.stringify(api.root);
  const refused = await Promise.all([
    postJson(`${api.url}${path}`, body),
    postJson(`${api.url}${path}`, body, { 'x-functions-key': 'wrong' }),
    postJson(`${api.url}${path}`, body, { 'x-functions-key': '' }),
    postJson(`${api.url}${path}?code=`, body),
    postJson(`${api.url}${path}?code=wrong&code=other`, body),
    postJson(`${api.url}${path}?code[x]=${apiKey}`, body),
  ]);
  for (const response of refused) {
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ status: 401, Message: expect.stringContaining('x-functions-key') });
  }
  expect(await startedWorkflows(api)).toBe(0);
});

test('the key opens a start as a header or in the query, whose name matches without case', async () => {
  const api = await startApi({ apiKey });
  const body = JSON.stringify(api.root);
  expect((await postJson(`${api.url}${startPath}`, body, header)).status).toBe(202);
  expect((await postJson(`${api.url}${startPath}${asQuery}`, body)).status).toBe(202);
  expect((await postJson(`${api.url}${startPath}${asQuery.replace('code', 'Code')}`, body)).status).toBe(202);
  expect((await postJson(`${api.url}${startPath}${asQuery}`, body, { 'x-functions-key': 'stale' })).status).toBe(202);
});

test('the code in a Location opens its own instance and nothing else', async () => {
  const api = await startApi({ apiKey });
  const body = JSON.stringify(api.root);
  const [mine, other] = await Promise.all([
    postJson(`${api.url}${startPath}`, body, header),
    postJson(`${api.url}${startPath}`, body, header),
  ]);
  const own = new URL(locationOf(mine));
  expect(own.search).not.toContain(apiKey);
  expect((await fetch(own)).status).toBe(202);

  const foreign = new URL(locationOf(other));
  foreign.search = own.search;
  expect((await fetch(foreign)).status).toBe(401);
  const bare = new URL(own);
  bare.search = '';
  expect((await fetch(bare)).status).toBe(401);
  expect((await fetch(bare, { headers: header })).status).toBe(202);
  expect((await postJson(`${api.url}${startPath}${own.search}`, body)).status).toBe(401);
});

test('an instance that does not exist is not told from a forbidden one without the key', async () => {
  const api = await startApi({ apiKey });
  const unknown = `${api.url}/runtime/webhooks/durabletask/instances/unknown`;
  expect((await fetch(unknown)).status).toBe(401);
  expect((await fetch(unknown, { headers: header })).status).toBe(404);
});

test('codes differ between keys', async () => {
  const [one, two] = await Promise.all([startApi({ apiKey }), startApi({ apiKey: 'another' })]);
  const started = await postJson(`${one.url}${startPath}`, JSON.stringify(one.root), header);
  const at = new URL(locationOf(started));
  at.host = new URL(two.url).host;
  expect((await fetch(at)).status).toBe(401);
});

test('without a key configured everything is open', async () => {
  const api = await startApi();
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root));
  expect(started.status).toBe(202);
  const { id } = (await started.json()) as { id: string };
  expect((await fetch(`${api.url}/runtime/webhooks/durabletask/instances/${id}`)).status).toBe(202);
});
