import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { startedWorkflows, startPath } from '../harness.ts';
import { sendRaw, startEdgeApi, type EdgeApi } from './edge-api.ts';

let api: EdgeApi;
beforeEach(async () => {
  api = await startEdgeApi();
});

interface Answer {
  readonly status: number;
  readonly Message: string;
}

async function expectProblem(response: Response, status: number, reason: string): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.stringContaining(reason) });
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect((JSON.parse(text) as Answer).Message).toContain(reason);
}

const ways = [startPath, '/orchestrators/ProcessBatchOrchestrator', '/api/batches'];

function post(path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  return fetch(`${api.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

test.each(ways)('a body of 50 MB to %s is a 413 that starts nothing', async (path) => {
  await expectProblem(await post(path, new Uint8Array(50_000_000).fill(0x20)), 413, 'too large');
  expect(await startedWorkflows(api)).toBe(0);
});

test('50 MB that do not say how many they are, are a 413 too', async () => {
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(`${api.url}/api/batches`, { method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    for (let sent = 0; sent < 50; sent += 1) request.write(Buffer.alloc(1_000_000, 0x20));
    request.end();
  });
  expect(status).toBe(413);
});

test('a small body that unpacks to 50 MB is a 413', async () => {
  const packed = new Uint8Array(gzipSync(Buffer.alloc(50_000_000, 0x20)));
  await expectProblem(await post('/api/batches', packed, { 'Content-Encoding': 'gzip' }), 413, 'too large');
});

test.each([
  ['arrays', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['arrays that are never closed', '['.repeat(60_000)],
  ['objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
])('a bomb of nested %s is a 400 that starts nothing', async (_, bomb) => {
  for (const path of ways) await expectProblem(await post(path, bomb), 400, 'nested deeper than 64 levels');
  expect(await startedWorkflows(api)).toBe(0);
});

test('brackets inside of strings are not nesting', async () => {
  const path = `${api.root}/${'['.repeat(100)}"\\`;
  expect((await post(startPath, JSON.stringify(path))).status).toBe(202);
});

test.each([
  ['a lone continuation byte', [0x22, 0x2f, 0x80, 0x22]],
  ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
  ['half a surrogate pair', [0x22, 0x2f, 0xed, 0xa0, 0x80, 0x22]],
  ['a character that is cut', [0x22, 0x2f, 0xf0, 0x9f, 0x98, 0x22]],
])('%s in a body is a 400: it is not UTF-8', async (_, bytes) => {
  for (const path of ways) await expectProblem(await post(path, new Uint8Array(bytes)), 400, 'not valid UTF-8');
  expect(await startedWorkflows(api)).toBe(0);
});

test.each(['utf-16', 'iso-8859-1', '"utf-32"'])('a body in %s is a 415', async (charset) => {
  const type = { 'Content-Type': `application/json; charset=${charset}` };
  await expectProblem(await post(startPath, JSON.stringify(api.root), type), 415, 'send UTF-8');
});

test('a mark of the byte order before a body is no part of it', async () => {
  expect((await post(startPath, `\uFEFF${JSON.stringify(api.root)}`)).status).toBe(202);
});

test('a length and chunks at once are refused', async () => {
  const answer = await sendRaw(
    api.url,
    `POST ${startPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
  expect(await startedWorkflows(api)).toBe(0);
});
