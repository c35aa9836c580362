import { expect, inject, onTestFinished, test } from 'vitest';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { blobStoreSuite } from './blob-store.suite.ts';
import { azurite, newContainer, openRig, rejection, signal } from './rig.ts';

blobStoreSuite('a store over Azurite', async () => {
  const container = newContainer();
  const store = openBlobStore({ connectionString: inject('connectionString') }, container);
  await store.ensureContainer(signal);
  return { store, close: async () => void (await azurite().deleteContainer(container)) };
});

test('the address for people has no secret in it, nor has an error', async () => {
  const { store, container, proxy } = await openRig();
  expect(store.container).toBe(container);
  expect(store.url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/devstoreaccount1/${container}$`, 'u'));
  const url = `https://account.blob.core.windows.net`;
  const sas = openBlobStore(
    { connectionString: `BlobEndpoint=${url};SharedAccessSignature=sv=2024&sig=c2VjcmV0` },
    'c',
  );
  expect(sas.url).toBe(`${url}/c`);
  proxy.rule(() => ({ status: 403, code: 'AuthorizationFailure' }));
  const { message } = await rejection(store.put('x', Buffer.from('x'), { signal }));
  expect(message).toContain(`${store.url} refuses the account key (write x: 403 AuthorizationFailure)`);
  expect(message).not.toContain('sig=');
});

test('a connection string that cannot be read is an error that names the variable and not the string', () => {
  expect(() => openBlobStore({ connectionString: 'AccountKey=c2VjcmV0' }, 'c')).toThrow(
    'AZURE_STORAGE_CONNECTION_STRING',
  );
  expect(() => openBlobStore({ connectionString: 'AccountKey=c2VjcmV0' }, 'c')).not.toThrow('c2VjcmV0');
});

test('an account alone is opened at its own address', () => {
  expect(openBlobStore({ account: 'mine' }, 'c').url).toBe('https://mine.blob.core.windows.net/c');
});

test('a name with dot segments is never sent, so it lands in no container', async () => {
  const { store, proxy } = await openRig();
  const other = newContainer();
  await azurite().createContainer(other);
  onTestFinished(async () => void (await azurite().deleteContainer(other)));
  const { kind } = await rejection(store.put(`../${other}/pwned`, Buffer.from('x'), { signal }));
  expect(kind).toBe('refused');
  expect(proxy.requests).toEqual([]);
  expect(await Array.fromAsync(azurite().getContainerClient(other).listBlobsFlat())).toEqual([]);
});

test('a wrong key is refused', async () => {
  const { container } = await openRig();
  const key = Buffer.from('not the key').toString('base64');
  const connectionString = inject('connectionString').replace(/AccountKey=[^;]+/u, `AccountKey=${key}`);
  const error = await rejection(openBlobStore({ connectionString }, container).put('x', Buffer.from('x'), { signal }));
  expect(error.kind).toBe('refused');
  expect(error.message).not.toContain(key);
});

test('a missing container is not found by reads, writes and listings', async () => {
  const store = openBlobStore({ connectionString: inject('connectionString') }, newContainer());
  for (const call of [
    () => store.put('x', Buffer.from('x'), { signal }),
    () => store.read('x', { from: 0 }, signal),
    () => Array.fromAsync(store.list('', signal)),
  ]) {
    expect((await rejection(call())).kind).toBe('not-found');
  }
});

test('a listing of several pages is complete, in order, and each page has its own time limit', async () => {
  const { direct } = await openRig();
  const store = openBlobStore({ connectionString: inject('connectionString') }, direct.container, { listPageSize: 7 });
  const names = Array.from({ length: 30 }, (_, i) => `p/${String(i).padStart(3, '0')}`);
  await Promise.all(names.map((name) => direct.put(name, Buffer.from(name), { signal })));
  const listed = await Array.fromAsync(store.list('p/', signal));
  expect(listed.map(({ name }) => name)).toEqual(names);
});

test("a snapshot keeps the overwritten blob's bytes", async () => {
  const { direct, container } = await openRig();
  const etag = await direct.put('x', Buffer.from('first'), { signal });
  const snapshot = await direct.snapshot('x', etag, signal);
  await direct.put('x', Buffer.from('second'), { signal, precondition: { etag } });
  const kept = azurite().getContainerClient(container).getBlobClient('x').withSnapshot(snapshot);
  expect((await kept.downloadToBuffer()).toString()).toBe('first');
});

test('versions and folders are complete and in order wherever pages end', async () => {
  const { direct } = await openRig();
  const versions: unknown[] = [];
  for (const name of ['a', 'a/b', 'b', 'c/d']) {
    for (const size of [1, 2, 3]) {
      const etag = await direct.put(name, Buffer.alloc(size), { signal });
      versions.push({ name, size, snapshot: await direct.snapshot(name, etag, signal) });
    }
    await direct.put(name, Buffer.alloc(4), { signal });
    versions.push({ name, size: 4, snapshot: undefined });
  }
  for (const listPageSize of [1, 2, 3, 4, 5, 7, 16]) {
    const store = openBlobStore({ connectionString: inject('connectionString') }, direct.container, { listPageSize });
    const listed = await Array.fromAsync(store.listVersions('', signal));
    const seen = listed.map(({ name, size, snapshot }) => ({ name, size, snapshot }));
    expect(seen, `${listPageSize} a page`).toEqual(versions);
    expect(await Array.fromAsync(store.listFolders('', signal)), `${listPageSize} a page`).toEqual(['a', 'c']);
  }
});
