import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, expect, test } from 'vitest';
import type { Counts } from '../../bench/blob-target/counts.ts';
import { createBlobTarget, statsPath, type BlobTargetOptions } from '../../bench/blob-target/server.ts';
import { azuriteConnectionString } from '../../src/embedded/azurite.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { blobStoreSuite } from '../storage/blob-store.suite.ts';
import { newContainer, signal } from '../storage/rig.ts';

const opened: (() => void)[] = [];
afterAll(() => {
  for (const close of opened) close();
});

async function openTarget(options: Partial<BlobTargetOptions> = {}) {
  const server = createBlobTarget({ delay: 0, keep: '', ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const connectionString = azuriteConnectionString(port);
  const container = newContainer();
  const store = openBlobStore({ connectionString }, container);
  await store.ensureContainer(signal);
  const counts = async () => (await (await fetch(`http://127.0.0.1:${port}${statsPath}`)).json()) as Counts;
  return {
    store,
    counts,
    client: BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container),
  };
}

blobStoreSuite("a store over the bench's target", async () => {
  const { store } = await openTarget();
  return { store, close: () => Promise.resolve() };
});

test('requests and bytes are counted by kind', async () => {
  const { store, counts } = await openTarget();
  await store.put('a', Buffer.from('12345'), { signal });
  await store.put('b', Buffer.from('123'), { signal });
  await store.read('a', { from: 1, to: 3 }, signal);
  const { 'put blob': puts, 'get blob': gets } = await counts();
  expect(puts).toEqual({ requests: 2, bytesIn: 8, bytesOut: 0, inFlight: 0, cut: 0 });
  expect(gets).toMatchObject({ requests: 1, bytesIn: 0, bytesOut: 2 });
});

test('of content that is not kept there are size and metadata, and a read of it fails', async () => {
  const { store } = await openTarget({ keep: 'kept/' });
  const metadata = { sha256: 'ab' };
  await store.put('thrown/away', Buffer.from('12345'), { signal, metadata });
  await store.put('kept/one', Buffer.from('one'), { signal });
  expect(await store.properties('thrown/away', signal)).toMatchObject({ size: 5, metadata });
  await expect(store.read('thrown/away', { from: 0 }, signal)).rejects.toThrow('ContentWasThrownAway');
  expect((await store.read('kept/one', { from: 0 }, signal)).toString()).toBe('one');
});

test('names that XML cannot hold as they are, folders and pages are listed right', async () => {
  const { client } = await openTarget();
  const names = ['a/1', 'a/2', 'b\u0001&<', 'c/\r\n\t', 'd/x/y', 'd/z', 'e'];
  for (const name of names) await client.getBlockBlobClient(name).upload('', 0);
  for (const maxPageSize of [1, 2, 3, 100]) {
    const pages = await Array.fromAsync(client.listBlobsFlat().byPage({ maxPageSize }));
    const listed = pages.flatMap(({ segment }) => segment.blobItems.map(({ name }) => name));
    expect(listed).toEqual(names);
    const folders = await Array.fromAsync(client.listBlobsByHierarchy('/').byPage({ maxPageSize }));
    const prefixes = folders.flatMap(({ segment }) => (segment.blobPrefixes ?? []).map(({ name }) => name));
    expect(prefixes).toEqual(['a/', 'c/', 'd/']);
  }
});
