import { expect, test } from 'vitest';
import { locationOf, postJson, startPath } from '../harness.ts';
import { sendRaw, startEdgeApi, type EdgeApi } from './edge-api.ts';

/** Scheme and authority of every URI that a start hands out with these headers. */
async function originFor(api: EdgeApi, headers: Record<string, string>): Promise<string> {
  const response = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root), headers);
  expect(response.status).toBe(202);
  const { id: _, ...uris } = (await response.json()) as Record<string, string>;
  const origins = [...Object.values(uris), locationOf(response)].map((uri) => /^[^/]*\/\/[^/]*/u.exec(uri)?.[0]);
  expect(new Set(origins).size).toBe(1);
  return origins[0] ?? '';
}

const forwarded = {
  Forwarded: 'for=192.0.2.1;proto=https;host=api.example',
  'X-Forwarded-Host': 'api.example',
  'X-Forwarded-Proto': 'https',
};

test('what a caller forwards counts for nothing unless a proxy is trusted', async () => {
  const api = await startEdgeApi();
  expect(await originFor(api, forwarded)).toBe(api.url);
  const elsewhere = await startEdgeApi({ TRUST_PROXY: '10.0.0.0/8,192.0.2.7' });
  expect(await originFor(elsewhere, forwarded)).toBe(elsewhere.url);
});

test.each(['1', '127.0.0.0/8', 'loopback', '10.0.0.1, 127.0.0.1'])('behind TRUST_PROXY=%s it does', async (trusted) => {
  const api = await startEdgeApi({ TRUST_PROXY: trusted });
  expect(await originFor(api, forwarded)).toBe('https://api.example');
});

test.each([
  [
    'the first entry of Forwarded',
    { Forwarded: 'host=a.example;proto=https, host=b.example;proto=http' },
    'https://a.example',
  ],
  [
    'Forwarded before the others',
    { ...forwarded, Forwarded: 'host="b.example:8443";proto=HTTPS' },
    'https://b.example:8443',
  ],
  [
    'quoted strings',
    { Forwarded: String.raw`for="[2001:db8::1]:9";host="a\.example";proto="https"` },
    'https://a.example',
  ],
  ['an IPv6 host', { Forwarded: 'host="[2001:db8::1]:8443";proto=https' }, 'https://[2001:db8::1]:8443'],
  [
    'the first of X-Forwarded',
    { 'X-Forwarded-Host': 'a.example, b', 'X-Forwarded-Proto': 'https,http' },
    'https://a.example',
  ],
  ['a host alone', { 'X-Forwarded-Host': 'a.example:81' }, 'http://a.example:81'],
])('%s is read', async (_, headers, origin) => {
  const api = await startEdgeApi({ TRUST_PROXY: '1' });
  expect(await originFor(api, headers)).toBe(origin);
});

test('a scheme alone keeps the host that the proxy passed on', async () => {
  const api = await startEdgeApi({ TRUST_PROXY: '1' });
  const { host } = new URL(api.url);
  expect(await originFor(api, { 'X-Forwarded-Proto': 'https' })).toBe(`https://${host}`);
});

test.each([
  { Forwarded: 'host="a.example/evil";proto=https' },
  { Forwarded: 'host="a@b";proto=javascript' },
  { Forwarded: 'host=' },
  { Forwarded: '"' },
  { Forwarded: `host=${'a'.repeat(301)}` },
  { 'X-Forwarded-Host': 'a.example#' },
  { 'X-Forwarded-Host': 'a.example?x' },
  { 'X-Forwarded-Host': '<script>' },
  { 'X-Forwarded-Host': 'a.example%00' },
  { 'X-Forwarded-Host': 'a b' },
  { 'X-Forwarded-Host': 'a:99999' },
  { 'X-Forwarded-Proto': 'javascript' },
])('what could not stand in a URI is as if it were not there: %j', async (headers) => {
  const api = await startEdgeApi({ TRUST_PROXY: '1' });
  const origin = await originFor(api, headers);
  expect(new URL(origin).host).toBe(new URL(api.url).host);
});

test.each(['evil/path', 'a@b', 'a"b', '<script>', 'a b', 'a?b', 'a#b', 'a:b', '%31', 'a:999999'])(
  'the Host %j is refused',
  async (host) => {
    const api = await startEdgeApi();
    const answer = await sendRaw(
      api.url,
      `POST ${startPath} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
    expect(answer).not.toContain('Location');
  },
);

test('no header can be smuggled into an answer', async () => {
  const api = await startEdgeApi({ TRUST_PROXY: '1' });
  const answer = await sendRaw(
    api.url,
    `POST ${startPath} HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: a\rSet-Cookie: b\r\nX-Request-Id: a\r\n\tb\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  );
  expect(answer.toLowerCase()).not.toContain('set-cookie');
  expect(answer).not.toContain('\tb');
});

test('a target in absolute form is served, and the poll leads to the Host', async () => {
  const api = await startEdgeApi();
  const { host } = new URL(api.url);
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root));
  const own = new URL(locationOf(started));
  const answer = await sendRaw(
    api.url,
    `GET http://elsewhere.example${own.pathname}${own.search} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 202 /u);
  expect(answer).toContain(`\r\nLocation: ${own.href}\r\n`);
});

test('a request with two Host headers, equal or not, is refused', async () => {
  const api = await startEdgeApi();
  const { host } = new URL(api.url);
  for (const other of [host, 'evil.example']) {
    const text = `GET /runtime/webhooks/durabletask/instances/x HTTP/1.1\r\nHost: ${host}\r\nHost: ${other}\r\nConnection: close\r\n\r\n`;
    expect(await sendRaw(api.url, text)).toMatch(/^HTTP\/1\.1 400 .*There is more than one Host header/su);
  }
});
