import { expect, test } from 'vitest';
import { locationOf, postJson, startApi, startedWorkflows, startPath, webhookStartPath } from './harness.ts';
import { filled, urisOf } from './order-rig.ts';

const apiKey = 'correct horse battery';
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

test('every URI that is handed out opens its own instance without the key, and no other', async () => {
  const api = await startApi({ apiKey });
  const start = async () => urisOf(await postJson(`${api.url}/api/batches`, '[]', header));
  const [mine, other] = [await start(), await start()];
  const { id, statusQueryGetUri, purgeHistoryDeleteUri, ...posts } = mine;
  const foreign = (uri: string) => uri.replace(id, other.id);
  const status = async (uri: string, method: string) =>
    (await fetch(filled(uri, 'x'), { method, ...(uri.includes('raiseEvent') && event) })).status;
  const event = { body: '{}', headers: { 'Content-Type': 'application/json' } };
  expect(await status(foreign(statusQueryGetUri), 'GET')).toBe(401);
  expect(await status(foreign(purgeHistoryDeleteUri), 'DELETE')).toBe(401);
  for (const uri of Object.values(posts)) expect(await status(foreign(uri), 'POST')).toBe(401);
  expect(await status(statusQueryGetUri, 'GET')).toBe(202);
  expect(await status(posts.sendEventPostUri, 'POST')).toBe(202);
  expect(await status(posts.rewindPostUri, 'POST')).toBe(412);
  expect(await status(posts.terminatePostUri, 'POST')).toBe(202);
  expect(await status(posts.suspendPostUri, 'POST')).toBe(410);
  expect(await status(posts.resumePostUri, 'POST')).toBe(410);
  expect(await status(posts.restartPostUri, 'POST')).toBe(202);
  expect(await status(purgeHistoryDeleteUri, 'DELETE')).toBe(200);
  expect(await status(other.statusQueryGetUri, 'GET')).toBe(202);
});

test('an instance that does not exist is not told from a forbidden one without the key', async () => {
  const api = await startApi({ apiKey });
  const unknown = `${api.url}/runtime/webhooks/durabletask/instances/unknown`;
  expect((await fetch(unknown)).status).toBe(401);
  expect((await fetch(unknown, { headers: header })).status).toBe(404);
});

test('codes differ between keys', async () => {
  const [one, two] = await Promise.all([startApi({ apiKey }), startApi({ apiKey: 'another key altogether' })]);
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
