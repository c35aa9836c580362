import { ValueError, type StorageDriverClaim } from '@temporalio/common';
import { expect, inject, onTestFinished, test } from 'vitest';
import { AzureBlobStorageDriver } from '../../../src/storage/large-messages/azure-blob-storage-driver.ts';
import { createBlobProxy, type BlobProxy } from '../../support/blob-proxy.ts';
import { blobNames, directly, largeText, megabyte, newContainer, payloadOf, valueOf } from './rig.ts';

const context = { target: { kind: 'workflow', namespace: 'default' } } as const;

function openDriver(options: { tries?: number; answerWithin?: number; maxPayloadBytes?: number } = {}) {
  const container = newContainer();
  return { container, driver: new AzureBlobStorageDriver({ container, ...options }) };
}

async function openThroughProxy(options: { tries?: number; answerWithin?: number; parallelism?: number } = {}) {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const container = newContainer(proxy.connectionString);
  await directly(container).create();
  return { proxy, container, driver: new AzureBlobStorageDriver({ container, ...options }) };
}

async function storeOne(driver: AzureBlobStorageDriver, value: unknown): Promise<StorageDriverClaim> {
  const [claim] = await driver.store(context, [payloadOf(value)]);
  return claim as StorageDriverClaim;
}

const blobOf = (claim: StorageDriverClaim) => claim.claimData['blob'] ?? '';

test('what is stored comes back, in order, from blobs named after their content', async () => {
  const { driver, container } = openDriver();
  const values = ['first', { second: [2] }, largeText(3 * megabyte), new Uint8Array([0, 255]), undefined];
  const claims = await driver.store(context, values.map(payloadOf));
  expect((await driver.retrieve({}, claims)).map(valueOf)).toEqual(values);
  expect((await blobNames(container)).toSorted()).toEqual(claims.map(blobOf).toSorted());
  for (const { claimData } of claims) {
    expect(Object.keys(claimData).toSorted()).toEqual(['blob', 'sha256', 'size', 'v']);
    expect(claimData['blob']).toMatch(/^default\/sha256\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/u);
  }
});

test('equal payloads are one blob, whatever the order of their metadata; another namespace has its own', async () => {
  const { driver, container } = openDriver();
  const { metadata, data } = payloadOf('same');
  const one = { metadata: { ...metadata, a: new Uint8Array([1]) }, data: data ?? null };
  const two = { metadata: { a: new Uint8Array([1]), ...metadata }, data: data ?? null };
  const [first, second] = await driver.store(context, [one, two]);
  expect(second).toEqual(first);
  expect(await blobNames(container)).toHaveLength(1);
  await driver.store({ target: { kind: 'activity', namespace: 'a/b' } }, [one]);
  await driver.store({}, [one]);
  expect((await blobNames(container)).map((name) => name.replace(/\/.*/u, '')).toSorted()).toEqual([
    '_',
    'a%2Fb',
    'default',
  ]);
});

test('storing a payload again renews its blob', async () => {
  const { driver, container } = openDriver();
  const claim = await storeOne(driver, 'again');
  const blob = container.getBlobClient(blobOf(claim));
  const before = await blob.getProperties();
  expect(await storeOne(driver, 'again')).toEqual(claim);
  const after = await blob.getProperties();
  expect(after.etag).not.toBe(before.etag);
  expect(Date.parse(after.metadata?.['lastused'] ?? '')).toBeGreaterThan(0);
});

test('many who store the same at once all succeed', async () => {
  const { driver, container } = openDriver();
  const claims = await Promise.all(Array.from({ length: 30 }, () => storeOne(driver, 'contended')));
  expect(new Set(claims.map(blobOf)).size).toBe(1);
  expect(await blobNames(container)).toHaveLength(1);
});

test('a blob that is pruned while it is being renewed is stored anew', async () => {
  const { driver, container, proxy } = await openThroughProxy();
  const claim = await storeOne(driver, 'pruned');
  const renewal = proxy.hold(({ query }) => query.get('comp') === 'metadata');
  const storing = storeOne(driver, 'pruned');
  await renewal.reached;
  await directly(container).deleteBlob(blobOf(claim));
  renewal.release();
  await storing;
  expect((await driver.retrieve({}, [claim])).map(valueOf)).toEqual(['pruned']);
});

test('a missing blob is an error that names it, and that no retry can mend', async () => {
  const { driver, container } = openDriver();
  const claim = await storeOne(driver, 'lost');
  await container.deleteBlob(blobOf(claim));
  const failure = { type: 'LargeMessageMissing', nonRetryable: true };
  await expect(driver.retrieve({}, [claim])).rejects.toMatchObject({
    ...failure,
    message: expect.stringContaining(blobOf(claim)),
  });
  await container.delete();
  await expect(driver.retrieve({}, [claim])).rejects.toMatchObject(failure);
});

test.each([
  ['of the same size', (bytes: Buffer) => bytes.fill(0, 10, 12)],
  ['cut short', (bytes: Buffer) => bytes.subarray(1)],
  ['made longer', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
])('an altered blob, %s, is refused, and mended by storing it again', async (_, alter) => {
  const { driver, container } = openDriver();
  const claim = await storeOne(driver, largeText(100_000));
  const blob = container.getBlockBlobClient(blobOf(claim));
  const bytes = alter(await blob.downloadToBuffer());
  await blob.upload(bytes, bytes.length);
  await expect(driver.retrieve({}, [claim])).rejects.toMatchObject({
    type: 'LargeMessageAltered',
    nonRetryable: true,
    message: expect.stringContaining(blobOf(claim)),
  });
  await storeOne(driver, largeText(100_000));
  expect((await driver.retrieve({}, [claim])).map(valueOf)).toEqual([largeText(100_000)]);
});

test.each([
  ['no version', { v: '' }],
  ['a later version', { v: '2' }],
  ['no size', { size: '' }],
  ['a size that is none', { size: '-1' }],
  ['a blob outside', { blob: '../other/secret' }],
  ['a blob of another content', { sha256: 'a'.repeat(64) }],
  ['a blob in the wrong folder', { blob: `default/sha256/00/${'a'.repeat(64)}`, sha256: 'a'.repeat(64) }],
])('a claim with %s is refused before anything is sent', async (_, change) => {
  const { driver, proxy } = await openThroughProxy();
  const { claimData } = await storeOne(driver, 'x');
  const sent = proxy.requests.length;
  const forged = [{ claimData: { ...claimData, ...change } }];
  await expect(driver.retrieve({}, forged)).rejects.toMatchObject({
    type: 'LargeMessageReferenceUnreadable',
    nonRetryable: true,
  });
  expect(proxy.requests).toHaveLength(sent);
});

test.each([
  ['two answers of 503', 2, { status: 503 }],
  ['two cut connections', 2, 'reset'],
  ['a lost answer', 1, 'lose-answer'],
  ['a cut answer', 1, 'cut-answer'],
] as const)('%s are got over', async (_, count, fault) => {
  const { driver, proxy } = await openThroughProxy();
  const faulty = () => {
    let left: number = count;
    return proxy.rule(() => (left-- > 0 ? fault : undefined));
  };
  const remove = faulty();
  const claim = await storeOne(driver, largeText(100_000));
  remove();
  faulty();
  expect((await driver.retrieve({}, [claim])).map(valueOf)).toEqual([largeText(100_000)]);
});

test('content that is corrupted on the way makes no blob', async () => {
  const { driver, container, proxy } = await openThroughProxy({ tries: 1 });
  proxy.rule(({ bytes }) => (bytes > 0 ? { tamper: (body) => body.fill(0, 5, 9) } : undefined));
  await expect(storeOne(driver, largeText(1000))).rejects.toMatchObject({ type: 'LargeMessageStorageUnavailable' });
  expect(await blobNames(directly(container))).toEqual([]);
});

test.each([
  ['does not answer', 'stall', 'none within 51 ms'],
  ['refuses', { status: 403, code: 'AuthorizationFailure' }, 'refuses the account key'],
] as const)('an account that %s is an error that may pass', async (_, fault, said) => {
  const { driver, proxy } = await openThroughProxy({ answerWithin: 50, tries: 2 });
  proxy.rule(() => fault);
  const expected = {
    type: 'LargeMessageStorageUnavailable',
    nonRetryable: false,
    message: expect.stringContaining(said),
  };
  await expect(storeOne(driver, 'x')).rejects.toMatchObject(expected);
  const { driver: working } = openDriver();
  const claim = await storeOne(working, 'x');
  await expect(driver.retrieve({}, [claim])).rejects.toMatchObject(expected);
});

test('an abort ends what is under way and what waits, with its reason', async () => {
  const { driver, proxy } = await openThroughProxy({ parallelism: 2 });
  proxy.rule(() => 'stall');
  const stop = new AbortController();
  const reason = new Error('stopped');
  const storing = driver.store({ ...context, abortSignal: stop.signal }, ['a', 'b', 'c'].map(payloadOf));
  while (proxy.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(reason);
  await expect(storing).rejects.toBe(reason);
  expect(proxy.requests).toHaveLength(2);
});

test('no more payloads are under way than allowed, over all calls', async () => {
  const { driver, proxy } = await openThroughProxy({ parallelism: 3 });
  const under = count(proxy);
  const calls = Array.from({ length: 4 }, (_, i) => driver.store(context, [i, `${i}a`, `${i}b`].map(payloadOf)));
  await Promise.all(calls);
  expect(proxy.requests).toHaveLength(12);
  expect(under.most()).toBe(3);
});

function count(proxy: BlobProxy) {
  let now = 0;
  let most = 0;
  proxy.rule(async () => {
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    now -= 1;
    return undefined;
  });
  return { most: () => most };
}

test('the first payload that fails stops the others of its call', async () => {
  const { driver, proxy } = await openThroughProxy({ tries: 1 });
  const [bad] = await driver.store(context, [payloadOf('bad')]);
  const name = blobOf(bad as StorageDriverClaim);
  proxy.rule(({ path }) => (path.endsWith(name) ? { status: 403 } : 'stall'));
  await expect(driver.store(context, ['good', 'bad'].map(payloadOf))).rejects.toThrow(name);
});

test('options and payloads that make no sense are refused', async () => {
  const container = newContainer();
  for (const options of [{ name: '' }, { parallelism: 0 }, { tries: 1.5 }, { answerWithin: Number.NaN }]) {
    expect(() => new AzureBlobStorageDriver({ container, ...options })).toThrow(ValueError);
  }
  const { driver } = openDriver({ maxPayloadBytes: 100 });
  await expect(storeOne(driver, largeText(100))).rejects.toThrow('over the limit of 100');
});
