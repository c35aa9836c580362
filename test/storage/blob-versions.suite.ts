import { expect, test } from 'vitest';
import type { BlobRange, BlobStore, BlobVersion } from '../../src/storage/blob-store.ts';

const signal = new AbortController().signal;

async function names(store: BlobStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix, signal))).map(({ name }) => name);
}

/** The part of a store's contract that is about states of blobs and about folders. */
export function blobVersionsSuite(store: () => BlobStore): void {
  test('a read of a blob with another etag is refused, also where its content is the same', async () => {
    const before = await store().put('read-tagged', Buffer.from('same'), { signal });
    expect((await store().read('read-tagged', { from: 0, etag: before }, signal)).toString()).toBe('same');
    const etag = await store().put('read-tagged', Buffer.from('same'), { signal });
    const stale = store().read('read-tagged', { from: 0, to: 2, etag: before }, signal);
    await expect(stale).rejects.toMatchObject({ name: 'BlobStoreError', kind: 'precondition-failed' });
    expect((await store().read('read-tagged', { from: 1, to: 3, etag }, signal)).toString()).toBe('am');
    await store().put('read-tagged', Buffer.alloc(0), { signal });
    const empty = store().read('read-tagged', { from: 0, to: 0, etag }, signal);
    expect(await empty).toEqual(Buffer.alloc(0));
  });

  test('a snapshot is read as it was, under the etag that the blob had then', async () => {
    const etag = await store().put('read-snapped', Buffer.from('0123'), { signal, metadata: { sha256: 'aa' } });
    const snapshot = await store().snapshot('read-snapped', etag, signal);
    const now = await store().put('read-snapped', Buffer.from('now'), { signal, metadata: { sha256: 'bb' } });
    const read = async (range: BlobRange) => (await store().read('read-snapped', range, signal)).toString();
    expect(await read({ from: 0, snapshot })).toBe('0123');
    expect(await read({ from: 1, to: 3, snapshot, etag })).toBe('12');
    expect(await read({ from: 0, etag: now })).toBe('now');
    await expect(read({ from: 0, snapshot, etag: now })).rejects.toMatchObject({ kind: 'precondition-failed' });
    const never = read({ from: 0, snapshot: '2001-02-03T04:05:06.0000000Z' });
    await expect(never).rejects.toMatchObject({ kind: 'not-found' });
    const gone = store().read('never', { from: 0, etag: now }, signal);
    await expect(gone).rejects.toMatchObject({ kind: expect.stringMatching(/^(?:not-found|precondition-failed)$/u) });
  });

  test('versions are listed name by name: snapshots, oldest first, then the blob as it is', async () => {
    const expected: BlobVersion[] = [];
    for (const name of ['v/a', 'v/a!', 'v/a/b', 'v/b']) {
      for (const size of [1, 2, 3]) {
        const metadata = { sha256: String(size) };
        const etag = await store().put(name, Buffer.alloc(size), { signal, metadata });
        const snapshot = await store().snapshot(name, etag, signal);
        expected.push({ name, etag, size, metadata, snapshot });
      }
      const etag = await store().put(name, Buffer.alloc(9), { signal });
      expected.push({ name, etag, size: 9, metadata: {} });
    }
    await store().put('w', Buffer.from('not below'), { signal });
    expect(await Array.fromAsync(store().listVersions('v/', signal))).toEqual(expected);
    expect(await Array.fromAsync(store().listVersions('v/a', signal))).toEqual(expected.slice(0, 12));
    expect(await names(store(), 'v/')).toEqual(['v/a', 'v/a!', 'v/a/b', 'v/b']);
    expect(await Array.fromAsync(store().listVersions('v/c', signal))).toEqual([]);
  });

  test('a snapshot of the blob as it still is comes before it', async () => {
    const etag = await store().put('still', Buffer.from('same'), { signal });
    const snapshot = await store().snapshot('still', etag, signal);
    const versions = await Array.fromAsync(store().listVersions('still', signal));
    expect(versions.map((version) => [version.etag, version.snapshot])).toEqual([
      [etag, snapshot],
      [etag, undefined],
    ]);
  });

  test('a blob is deleted only as it was seen, and one that is gone cannot be', async () => {
    const before = await store().put('del/blob', Buffer.from('before'), { signal });
    const etag = await store().put('del/blob', Buffer.from('now'), { signal });
    const stale = store().delete({ name: 'del/blob', etag: before }, signal);
    await expect(stale).rejects.toMatchObject({ name: 'BlobStoreError', kind: 'precondition-failed' });
    expect((await store().read('del/blob', { from: 0 }, signal)).toString()).toBe('now');
    await store().put('del/blob.other', Buffer.from('stays'), { signal });
    await store().delete({ name: 'del/blob', etag }, signal);
    expect(await store().properties('del/blob', signal)).toBeUndefined();
    expect(await names(store(), 'del/')).toEqual(['del/blob.other']);
    const again = store().delete({ name: 'del/blob', etag }, signal);
    await expect(again).rejects.toMatchObject({ kind: expect.stringMatching(/^(?:not-found|precondition-failed)$/u) });
  });

  test('a snapshot is deleted alone, and a blob never takes its snapshots along', async () => {
    const etag = await store().put('cut', Buffer.from('first'), { signal });
    const first = await store().snapshot('cut', etag, signal);
    const second = await store().snapshot('cut', etag, signal);
    const now = await store().put('cut', Buffer.from('second'), { signal });
    const whole = () => store().delete({ name: 'cut', etag: now }, signal);
    await expect(whole()).rejects.toMatchObject({ name: 'BlobStoreError', kind: 'precondition-failed' });
    await store().delete({ name: 'cut', etag, snapshot: first }, signal);
    const again = store().delete({ name: 'cut', etag, snapshot: first }, signal);
    await expect(again).rejects.toMatchObject({ kind: 'not-found' });
    expect((await store().read('cut', { from: 0, snapshot: second }, signal)).toString()).toBe('first');
    expect((await store().read('cut', { from: 0 }, signal)).toString()).toBe('second');
    await expect(whole()).rejects.toMatchObject({ kind: 'precondition-failed' });
    await store().delete({ name: 'cut', etag, snapshot: second }, signal);
    await whole();
    expect(await Array.fromAsync(store().listVersions('cut', signal))).toEqual([]);
  });

  test('folders right below a prefix are listed once each, in byte order of their names', async () => {
    const folders = ['1', '1!', '10', '2', ' x', '%2E', 'a b', 'é', '\uff5e', '\u{10000}', '@'];
    const inside = folders.flatMap((folder) => [`f/${folder}/a`, `f/${folder}/b/c`]);
    const others = ['f/file', 'f/1-file', 'f', 'f2/x', 'e/f/x'];
    await Promise.all([...inside, ...others].map((name) => store().put(name, Buffer.from(name), { signal })));
    const order = folders.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await Array.fromAsync(store().listFolders('f/', signal))).toEqual(order);
    expect(await Array.fromAsync(store().listFolders('f/1/', signal))).toEqual(['b']);
    expect(await Array.fromAsync(store().listFolders('f/file/', signal))).toEqual([]);
  });
}
