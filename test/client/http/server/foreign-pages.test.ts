import { describe, expect, test } from 'vitest';
import { startPath } from '../harness.ts';
import { sendRaw, startEdgeApi, type EdgeApi } from './edge-api.ts';

/** The status of the answer to a request without a body. */
async function statusOf(api: EdgeApi, method: string, path: string, headers: Record<string, string>): Promise<number> {
  const all = { Host: new URL(api.url).host, 'Content-Length': '0', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const answer = await sendRaw(api.url, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return Number(/^HTTP\/1\.1 (\d{3}) /u.exec(answer)?.[1]);
}

const elsewhere = 'https://evil.example';

const pages = [
  ['a page of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: elsewhere }],
  ['another port of this machine', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:1' }],
  ['an old browser', { Origin: elsewhere }],
  ['a page without an origin', { Origin: 'null' }],
] as const;

test.each(pages)('without a key nothing is changed for %s', async (_, headers) => {
  const api = await startEdgeApi();
  for (const path of [
    startPath,
    '/api/backups/schedules/apply',
    '/api/backups/schedules/x/trigger',
    '/api/backups/prune',
  ])
    expect([path, await statusOf(api, 'POST', path, headers)]).toEqual([path, 403]);
  expect(await statusOf(api, 'DELETE', '/runtime/webhooks/durabletask/instances/none', headers)).toBe(403);
});

test.each(pages)('without a key nothing is read for %s', async (_, headers) => {
  const api = await startEdgeApi();
  for (const path of [
    '/runtime/webhooks/durabletask/instances',
    '/runtime/webhooks/durabletask/instances/none',
    '/api/backups/latest/entries?pattern=*',
    '/metrics',
    '/docs',
    '/openapi.json',
    '/readyz',
    '/nothing',
  ])
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect([method, path, await statusOf(api, method, path, headers)]).toEqual([method, path, 403]);
});

test('a link of another page leads to the page that shows the API, and to nothing else', async () => {
  const api = await startEdgeApi();
  const followed = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  expect(await statusOf(api, 'GET', '/docs', followed)).toBe(200);
  expect(await statusOf(api, 'GET', '/docs', { ...followed, 'Sec-Fetch-Dest': 'iframe' })).toBe(403);
  const status = '/runtime/webhooks/durabletask/instances/none';
  expect(await statusOf(api, 'GET', status, followed)).toBe(403);
  // Typed or pasted by its reader.
  expect(await statusOf(api, 'GET', status, { ...followed, 'Sec-Fetch-Site': 'none' })).toBe(404);
});

test('programs, and pages of its own, are answered', async () => {
  const api = await startEdgeApi();
  const { host } = new URL(api.url);
  for (const headers of [
    {},
    { Origin: `http://${host}` },
    { 'Sec-Fetch-Site': 'same-origin', Origin: `http://${host}` },
    { 'Sec-Fetch-Site': 'none' },
  ])
    expect([headers, await statusOf(api, 'POST', startPath, headers)]).toEqual([headers, 202]);
});

test('with a key, the key decides', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const foreign = { Host: 'api.example', Origin: elsewhere, 'Sec-Fetch-Site': 'cross-site' };
  expect(await statusOf(api, 'POST', startPath, foreign)).toBe(401);
  expect(await statusOf(api, 'POST', startPath, { ...foreign, 'x-functions-key': 'the-master-key-1' })).toBe(202);
});

test('without a key only names of this machine lead here', async () => {
  const api = await startEdgeApi();
  const { port } = new URL(api.url);
  const path = '/runtime/webhooks/durabletask/instances/none';
  for (const host of [`localhost:${port}`, `LOCALHOST`, `127.0.0.1:${port}`, `[::1]:${port}`, '127.0.0.1:8080'])
    expect([host, await statusOf(api, 'GET', path, { Host: host })]).toEqual([host, 404]);
  for (const host of [`evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '192.0.2.1', '[::]'])
    expect([host, await statusOf(api, 'GET', path, { Host: host })]).toEqual([host, 403]);
});

test('behind a proxy the name is what the proxy says, and pages under it are its own', async () => {
  const api = await startEdgeApi({ TRUST_PROXY: '1' });
  const forwarded = { Host: 'upstream', 'X-Forwarded-Host': 'api.example', 'X-Forwarded-Proto': 'https' };
  expect(await statusOf(api, 'POST', startPath, { ...forwarded, Origin: 'https://api.example' })).toBe(202);
  expect(await statusOf(api, 'POST', startPath, { ...forwarded, Origin: elsewhere })).toBe(403);
});

describe('with CORS_ORIGINS', () => {
  const own = 'https://app.example.com';
  const key = 'a key of some length';
  const settings = { API_KEY: key, CORS_ORIGINS: `https://other.example.com, ${own}` };

  test('a page of such an origin starts an instance, is told its address and polls it', async () => {
    const { url } = await startEdgeApi(settings);
    const asked = {
      Origin: own,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type,x-functions-key',
    };
    const preflight = await fetch(`${url}${startPath}`, { method: 'OPTIONS', headers: asked });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': own,
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': 'content-type,x-functions-key',
      vary: expect.stringContaining('Origin'),
    });
    const headers = { Origin: own, 'x-functions-key': key, 'content-type': 'application/json' };
    const start = await fetch(`${url}${startPath}`, { method: 'POST', headers, body: '' });
    expect([start.status, start.headers.get('access-control-allow-origin')]).toEqual([202, own]);
    expect(start.headers.get('access-control-expose-headers')).toBe('Location,Retry-After,X-Request-Id');
    const poll = await fetch(start.headers.get('location') ?? '', { headers: { Origin: own } });
    expect([poll.status, poll.headers.get('access-control-allow-origin')]).toEqual([202, own]);
    expect(poll.headers.has('access-control-allow-credentials')).toBe(false);
    // So does what is refused, for the page to show.
    const refused = await fetch(`${url}/api/backups/runs`, { headers: { Origin: own } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, own]);
  });

  test('a page of any other origin is answered as before', async () => {
    const { url } = await startEdgeApi(settings);
    for (const Origin of [elsewhere, 'http://app.example.com', `${own}.evil.example`, 'null']) {
      const preflight = await fetch(`${url}${startPath}`, { method: 'OPTIONS', headers: { Origin } });
      const read = await fetch(`${url}/api/backups/runs`, { headers: { Origin, 'x-functions-key': key } });
      expect([Origin, preflight.status, read.headers.get('access-control-allow-origin')]).toEqual([Origin, 404, null]);
    }
  });

  test('and without a key, or of what is no origin, nothing is served', async () => {
    await expect(startEdgeApi({ CORS_ORIGINS: own })).rejects.toThrow('set API_KEY');
    for (const CORS_ORIGINS of ['*', 'app.example.com', `${own}/`, 'null'])
      await expect(startEdgeApi({ ...settings, CORS_ORIGINS })).rejects.toThrow('CORS_ORIGINS: must be origins');
  });
});
