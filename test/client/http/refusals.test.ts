import { symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postJson, startApi, startedWorkflows, startPath, type Api } from './harness.ts';

/** Asserts a refusal in the form that both RFC 9457 and Durable Functions clients read, and that it started nothing. */
async function expectRefused(api: Api, response: Response, status: number, reason: string): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.stringContaining('"Message"') });
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(body).toMatchObject({ type: 'about:blank', title: expect.any(String), status });
  expect(body['detail']).toContain(reason);
  expect(body['Message']).toBe(body['detail']);
  expect(text).not.toMatch(/ {4}at |node_modules|\.ts:/u);
  expect(await startedWorkflows(api)).toBe(0);
}

test.each([
  ['text that is not JSON', '/srv/site', 400, 'not valid JSON'],
  ['a number', '1', 400, 'must be a JSON string'],
  ['an object', '{"root":"/srv"}', 400, 'must be a JSON string'],
  ['an array', '["/srv"]', 400, 'must be a JSON string'],
  ['a relative path', '"srv/site"', 400, 'must be an absolute path'],
  ['a path with a null character', '"/srv\\u0000/site"', 400, 'null character'],
  ['a directory outside the roots', '"/etc"', 400, 'BACKUP_ROOTS'],
  ['a directory outside the roots that is not there', '"/nowhere/at/all"', 400, 'BACKUP_ROOTS'],
  ['a body over the limit', `"/${'x'.repeat(70_000)}"`, 413, 'too large'],
])('%s is refused and starts nothing', async (_, body, status, reason) => {
  const api = await startApi();
  await expectRefused(api, await postJson(`${api.url}${startPath}`, body), status, reason);
});

test('a way out of the roots by dots or through a symlink is refused', async () => {
  const api = await startApi();
  await symlink(tmpdir(), join(api.root, 'out'));
  const ask = (way: string) => postJson(`${api.url}${startPath}`, JSON.stringify(`${api.root}/${way}`));
  await expectRefused(api, await ask('..'), 400, 'BACKUP_ROOTS');
  expect([(await ask('out')).status, (await ask('out/.')).status, (await ask('a/../../b')).status]).toEqual([
    400, 400, 400,
  ]);
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'])(
  'a body of type %s is refused',
  async (type) => {
    const api = await startApi();
    const response = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root), { 'Content-Type': type });
    await expectRefused(api, response, 415, 'send application/json');
  },
);

test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.site+json'])(
  'a body of type %s is accepted',
  async (type) => {
    const api = await startApi();
    const response = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root), { 'Content-Type': type });
    expect(response.status).toBe(202);
  },
);

test('an unknown charset or encoding is refused', async () => {
  const api = await startApi();
  const body = JSON.stringify(api.root);
  const charset = { 'Content-Type': 'application/json; charset=klingon' };
  expect((await postJson(`${api.url}${startPath}`, body, charset)).status).toBe(415);
  const encoding = { 'Content-Encoding': 'klingon' };
  await expectRefused(api, await postJson(`${api.url}${startPath}`, body, encoding), 415, 'encoding');
});

test('an orchestrator that does not exist is refused with the name of the one that does', async () => {
  const api = await startApi();
  const response = await postJson(`${api.url}/orchestrators/E3_Nothing`, JSON.stringify(api.root));
  await expectRefused(api, response, 400, 'E2_BackupSiteContent');
});

test('a path longer than a summary may be is started all the same', async () => {
  const api = await startApi();
  const root = `${api.root}/${'é'.repeat(600)}`;
  expect((await postJson(`${api.url}${startPath}`, JSON.stringify(root))).status).toBe(202);
  expect(await startedWorkflows(api)).toBe(1);
});
