import { createHash } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AccountSASPermissions, ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AzureBlobStore } from '../../src/storage/azure-blob-store.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { createAccess } from '../../src/storage/lean/access.ts';
import { azurite, openRig, rejection, signal } from './rig.ts';

const minute = 60_000;
const url = 'https://mine.blob.core.windows.net/c';

/** Sets the clock alone, so that servers and timers go on. */
function setClock(time: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: time });
  onTestFinished(() => void vi.useRealTimers());
}

/** Tokens `1`, `2` and so on that each hold for an hour, given when `grant` says so. */
function countedTokens(grant: (count: number) => Promise<void> = () => Promise.resolve()) {
  let asked = 0;
  return {
    asked: () => asked,
    getToken: async () => {
      const token = String(++asked);
      await grant(asked);
      return { token, expiresOnTimestamp: Date.now() + 60 * minute };
    },
  };
}

function bearer(token: string) {
  return { query: '', headers: { authorization: `Bearer ${token}` } };
}

test("an account's key becomes a signature for this container alone, renewed half an hour before it ends", async () => {
  const start = Date.now();
  setClock(start);
  const credential = new StorageSharedKeyCredential('mine', Buffer.from('key').toString('base64'));
  const access = createAccess(new ContainerClient(url, credential));
  const first = await access();
  const parameters = new URLSearchParams(first.query);
  expect(parameters.get('sr')).toBe('c');
  expect(parameters.get('sp')).toBe('rcw');
  const ends = Date.parse(parameters.get('se') ?? '');
  vi.setSystemTime(ends - 31 * minute);
  expect(await access()).toBe(first);
  vi.setSystemTime(ends - 29 * minute);
  const second = await access();
  expect(Date.parse(new URLSearchParams(second.query).get('se') ?? '')).toBeGreaterThan(ends + 80 * minute);
  expect(await access()).toBe(second);
});

test('a connection string with a signature writes with that signature', async () => {
  const { container, direct } = await openRig();
  const account = azurite();
  const sas = account.generateAccountSasUrl(new Date(Date.now() + 60 * minute), AccountSASPermissions.parse('cw'), 'o');
  const [endpoint = '', signature = ''] = sas.split('?');
  const connectionString = `BlobEndpoint=${endpoint};SharedAccessSignature=${signature}`;
  await openBlobStore({ connectionString }, container).put('x', Buffer.from('by signature'), { signal });
  expect((await direct.read('x', { from: 0 }, signal)).toString()).toBe('by signature');
  const forged = sas.replace(/sig=[^&]+/u, 'sig=bm90IGl0').split('?')[1] ?? '';
  const refused = openBlobStore(
    { connectionString: `BlobEndpoint=${endpoint};SharedAccessSignature=${forged}` },
    container,
  );
  expect((await rejection(refused.put('y', Buffer.from('y'), { signal }))).kind).toBe('refused');
});

test('a token travels as a bearer header, with the blob as it should be', async () => {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(201, { etag: '"0x1"' }).end();
    });
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = countedTokens();
  const store = new AzureBlobStore(new ContainerClient(`http://${host}/mine/c`, tokens));
  const body = Buffer.from('by token');
  const options = { signal, metadata: { mode: '0644' }, precondition: { etag: '"0x0"' } } as const;
  expect(await store.put('a b/ü', body, options)).toBe('"0x1"');
  await store.put('again', body, { signal });
  expect(bodies).toEqual(['by token', 'by token']);
  expect(requests.map((request) => `${request.method} ${request.url}`)).toEqual([
    'PUT /mine/c/a%20b/%C3%BC',
    'PUT /mine/c/again',
  ]);
  expect(requests[0]?.headers).toMatchObject({
    host,
    authorization: 'Bearer 1',
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-meta-mode': '0644',
    'if-match': '"0x0"',
    'content-length': '8',
    'content-md5': createHash('md5').update(body).digest('base64'),
  });
  expect(requests[1]?.headers.authorization).toBe('Bearer 1');
  expect(tokens.asked()).toBe(1);
});

test('a token is renewed half an hour before it ends, and all who ask meanwhile wait for the one renewal', async () => {
  const start = Date.now();
  setClock(start);
  let grant = Promise.withResolvers<void>();
  const tokens = countedTokens(() => grant.promise);
  const access = createAccess(new ContainerClient(url, tokens));
  const first = Promise.all([access(), access(), access()]);
  grant.resolve();
  expect(await first).toEqual([bearer('1'), bearer('1'), bearer('1')].map((one) => expect.objectContaining(one)));
  vi.setSystemTime(start + 29 * minute);
  expect(await access()).toMatchObject(bearer('1'));
  grant = Promise.withResolvers();
  vi.setSystemTime(start + 31 * minute);
  const second = Promise.all([access(), access(), access()]);
  grant.resolve();
  expect(await second).toEqual([bearer('2'), bearer('2'), bearer('2')].map((one) => expect.objectContaining(one)));
  expect(tokens.asked()).toBe(2);
});

test('without a token yet a failure is an error for all who wait for it, and the next who asks tries again', async () => {
  const failure = new Error('no identity today');
  const tokens = countedTokens((count) => (count === 3 ? Promise.resolve() : Promise.reject(failure)));
  const access = createAccess(new ContainerClient(url, tokens));
  expect(await Promise.all([rejection(access()), rejection(access())])).toEqual([failure, failure]);
  expect(tokens.asked()).toBe(1);
  expect(await rejection(access())).toBe(failure);
  expect(await access()).toMatchObject(bearer('3'));
});

test('when a renewal fails, the token serves on while it lasts, and another is asked for every minute', async () => {
  const start = Date.now();
  setClock(start);
  const failure = new Error('no identity today');
  const tokens = countedTokens((count) => (count === 1 || count === 5 ? Promise.resolve() : Promise.reject(failure)));
  const access = createAccess(new ContainerClient(url, tokens));
  await access();
  vi.setSystemTime(start + 31 * minute);
  expect(await access()).toMatchObject(bearer('1'));
  expect(await access()).toMatchObject(bearer('1'));
  expect(tokens.asked()).toBe(2);
  vi.setSystemTime(start + 32 * minute);
  expect(await access()).toMatchObject(bearer('1'));
  expect(tokens.asked()).toBe(3);
  vi.setSystemTime(start + 61 * minute);
  expect(await rejection(access())).toBe(failure);
  expect(await access()).toMatchObject(bearer('5'));
});

test('an identity without a token is an error that says so', async () => {
  const access = createAccess(new ContainerClient(url, { getToken: () => Promise.resolve(null) }));
  await expect(access()).rejects.toThrow('gave no token for storage');
});

test('a write leaves nothing behind on the signal, whether it ends well or not', async () => {
  const { store, proxy } = await openRig();
  const { signal: own } = new AbortController();
  await store.put('x', Buffer.from('x'), { signal: own });
  expect(getEventListeners(own, 'abort')).toEqual([]);
  proxy.rule(() => ({ status: 409, code: 'BlobImmutableDueToPolicy' }));
  await rejection(store.put('x', Buffer.from('x'), { signal: own }));
  expect(getEventListeners(own, 'abort')).toEqual([]);
});

test('a read asks for its range of just that state, by token, and takes nothing else for it', async () => {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(requests.length === 1 ? 206 : 200).end('bytes');
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const account = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mine/c`;
  const store = new AzureBlobStore(new ContainerClient(account, countedTokens()));
  expect((await store.read('a b/ü', { from: 2, to: 7, etag: '"0x1"' }, signal)).toString()).toBe('bytes');
  expect(requests.map(({ method, url: path }) => `${method} ${path}`)).toEqual(['GET /mine/c/a%20b/%C3%BC']);
  expect(requests[0]?.headers).toMatchObject({
    authorization: 'Bearer 1',
    'if-match': '"0x1"',
    'x-ms-range': 'bytes=2-6',
  });
  expect((await store.read('whole', { from: 0 }, signal)).toString()).toBe('bytes');
  expect(requests[1]?.headers).not.toHaveProperty('x-ms-range');
  expect(await rejection(store.read('part', { from: 2 }, signal))).toMatchObject({ kind: 'refused' });
  expect(requests[2]?.headers).toMatchObject({ 'x-ms-range': 'bytes=2-' });
});

test('a read leaves nothing behind on the signal, whether it ends well or not', async () => {
  const { store, direct, proxy } = await openRig();
  const { signal: own } = new AbortController();
  await direct.put('x', Buffer.from('x'), { signal });
  await store.read('x', { from: 0 }, own);
  expect(getEventListeners(own, 'abort')).toEqual([]);
  proxy.rule(() => ({ status: 403, code: 'AuthorizationFailure' }));
  await rejection(store.read('x', { from: 0 }, own));
  expect(getEventListeners(own, 'abort')).toEqual([]);
});
