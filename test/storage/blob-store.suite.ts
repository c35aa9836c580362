import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { blobNamesSuite } from './blob-names.suite.ts';
import { blobVersionsSuite } from './blob-versions.suite.ts';
import { content } from '../support/tree.ts';

/** What the suite needs of an implementation. */
export interface OpenedStore {
  /** Over a new, empty container that exists. */
  readonly store: BlobStore;
  readonly close: () => Promise<void>;
}

const signal = new AbortController().signal;
const block = (id: string) => Buffer.from(id).toString('base64');

async function read(store: BlobStore, name: string): Promise<string> {
  return (await store.read(name, { from: 0 }, signal)).toString();
}

async function names(store: BlobStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix, signal))).map(({ name }) => name);
}

/** Holds an implementation to the contract of {@link BlobStore}. */
export function blobStoreSuite(implementation: string, open: () => Promise<OpenedStore>): void {
  describe(`the contract of a blob store, kept by ${implementation}`, () => {
    let store: BlobStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ store, close } = await open());
    });
    afterAll(() => close());

    blobNamesSuite(() => store);
    blobVersionsSuite(() => store);

    test('a container that exists is left as it is', async () => {
      await store.put('kept', Buffer.from('kept'), { signal });
      await store.ensureContainer(signal);
      expect(await read(store, 'kept')).toBe('kept');
    });

    test('a blob comes back byte for byte with its size and metadata', async () => {
      for (const size of [0, 1, 100_000]) {
        const metadata = { sha256: 'ab12', mtime: '1700000000123456789', mode: '0644' };
        const etag = await store.put('bytes', content(size), { signal, metadata });
        expect(await store.read('bytes', { from: 0 }, signal)).toEqual(content(size));
        expect(await store.properties('bytes', signal)).toEqual({ name: 'bytes', etag, size, metadata });
        expect(await Array.fromAsync(store.list('bytes', signal))).toEqual([{ name: 'bytes', etag, size, metadata }]);
      }
    });

    test('a put replaces content and metadata, and changes the etag', async () => {
      const first = await store.put('replaced', Buffer.from('first'), { signal, metadata: { a: '1' } });
      const second = await store.put('replaced', Buffer.from('second'), { signal });
      expect(second).not.toBe(first);
      expect(await store.properties('replaced', signal)).toEqual({
        name: 'replaced',
        etag: second,
        size: 6,
        metadata: {},
      });
    });

    test('a blob that must be absent is written once', async () => {
      const options = { signal, precondition: { absent: true } } as const;
      await store.put('once', Buffer.from('first'), options);
      const again = store.put('once', Buffer.from('second'), options);
      await expect(again).rejects.toMatchObject({ name: 'BlobStoreError', kind: 'precondition-failed' });
      expect(await read(store, 'once')).toBe('first');
    });

    test('of two that must be first one is', async () => {
      const options = { signal, precondition: { absent: true } } as const;
      const results = await Promise.allSettled(['a', 'b'].map((body) => store.put('race', Buffer.from(body), options)));
      expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await read(store, 'race')).toBe(results[0]?.status === 'fulfilled' ? 'a' : 'b');
    });

    test('an etag from a put, a commit, a lookup or a listing lets a write through, an outdated one does not', async () => {
      const outdated = await store.put('tagged', Buffer.from('0'), { signal });
      const sources = [
        () => store.put('tagged', Buffer.from('put'), { signal }),
        async () => {
          await store.stageBlock('tagged', block('0'), Buffer.from('block'), signal);
          return store.commitBlocks('tagged', [block('0')], { signal });
        },
        async () => (await store.properties('tagged', signal))?.etag ?? '',
        async () => (await Array.fromAsync(store.list('tagged', signal)))[0]?.etag ?? '',
      ];
      for (const source of sources) {
        const etag = await source();
        const stale = store.put('tagged', Buffer.from('stale'), { signal, precondition: { etag: outdated } });
        await expect(stale).rejects.toMatchObject({ kind: 'precondition-failed' });
        await store.put('tagged', Buffer.from('fresh'), { signal, precondition: { etag } });
        expect(await read(store, 'tagged')).toBe('fresh');
      }
    });

    test('a write that must replace fails where there is no blob', async () => {
      const write = store.put('nothing', Buffer.from('x'), { signal, precondition: { etag: '"0x8DE000000000000"' } });
      await expect(write).rejects.toMatchObject({ kind: 'precondition-failed' });
      expect(await store.properties('nothing', signal)).toBeUndefined();
    });

    test('staged blocks are no blob until they are committed, in the order of the commit', async () => {
      expect(await store.stagedBlocks('blocks', signal)).toEqual(new Map());
      await store.stageBlock('blocks', block('2'), Buffer.from('world'), signal);
      await store.stageBlock('blocks', block('1'), Buffer.from('old'), signal);
      await store.stageBlock('blocks', block('1'), Buffer.from('hello '), signal);
      await store.stageBlock('blocks', block('9'), Buffer.from('left over'), signal);
      expect(await store.properties('blocks', signal)).toBeUndefined();
      expect(await names(store, 'blocks')).toEqual([]);
      const sizes = [
        [block('1'), 6],
        [block('2'), 5],
        [block('9'), 9],
      ] as const;
      expect(await store.stagedBlocks('blocks', signal)).toEqual(new Map(sizes));

      const ids = [block('1'), block('2')];
      const etag = await store.commitBlocks('blocks', ids, {
        signal,
        metadata: { a: 'b' },
        precondition: { absent: true },
      });
      expect(await read(store, 'blocks')).toBe('hello world');
      expect(await store.properties('blocks', signal)).toEqual({
        name: 'blocks',
        etag,
        size: 11,
        metadata: { a: 'b' },
      });
      expect(await store.stagedBlocks('blocks', signal)).toEqual(new Map());
    });

    test('a commit keeps its precondition and leaves the blob when that fails', async () => {
      const etag = await store.put('guarded', Buffer.from('mine'), { signal });
      await store.stageBlock('guarded', block('1'), Buffer.from('other'), signal);
      for (const precondition of [{ absent: true }, { etag: '"0x8DE000000000000"' }] as const) {
        const commit = store.commitBlocks('guarded', [block('1')], { signal, precondition });
        await expect(commit).rejects.toMatchObject({ kind: 'precondition-failed' });
      }
      expect(await read(store, 'guarded')).toBe('mine');
      await store.commitBlocks('guarded', [block('1')], { signal, precondition: { etag } });
      expect(await read(store, 'guarded')).toBe('other');
    });

    test('a commit of blocks that are gone says that staging them again may help', async () => {
      const commit = store.commitBlocks('gone', [block('1')], { signal });
      await expect(commit).rejects.toMatchObject({ kind: 'unavailable' });
    });

    test('more than one request may carry is refused', async () => {
      const put = store.put('large', Buffer.alloc(256 * 1024 * 1024 + 1), { signal });
      await expect(put).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('stage it in blocks'),
      });
      expect(await store.properties('large', signal)).toBeUndefined();
    });

    test('ranges are read as asked', async () => {
      await store.put('ranges', Buffer.from('0123456789'), { signal });
      const ranges = [
        [{ from: 0, to: 10 }, '0123456789'],
        [{ from: 3, to: 5 }, '34'],
        [{ from: 9, to: 10 }, '9'],
        [{ from: 7 }, '789'],
        [{ from: 7, to: 100 }, '789'],
        [{ from: 4, to: 4 }, ''],
      ] as const;
      for (const [range, bytes] of ranges) expect((await store.read('ranges', range, signal)).toString()).toBe(bytes);
    });

    test('what is not there is not found, and looks like nothing to a lookup and a listing', async () => {
      await expect(store.read('absent', { from: 0 }, signal)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(store.snapshot('absent', '"0x1"', signal)).rejects.toMatchObject({ name: 'BlobStoreError' });
      expect(await store.properties('absent', signal)).toBeUndefined();
      expect(await names(store, 'absent')).toEqual([]);
    });

    test('a listing holds exactly the blobs under the prefix, in byte order', async () => {
      const under = ['l/a', 'l/a!', 'l/a.txt', 'l/a/b', 'l/a0', 'l/é', 'l/漢', 'l/\uff5e', 'l/z', 'l/%2E', 'l/ x'];
      await Promise.all(
        [...under, 'k', 'l', 'l.', 'm'].map((name) =>
          store.put(name === 'l.' ? 'l-' : name, Buffer.from(name), { signal }),
        ),
      );
      const order = under.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await names(store, 'l/')).toEqual(order);
    });

    test('a snapshot of the blob as it is can be taken, one of an outdated state cannot', async () => {
      const etag = await store.put('snapped', Buffer.from('first'), { signal });
      expect(await store.snapshot('snapped', etag, signal)).toMatch(/\S/u);
      const now = await store.put('snapped', Buffer.from('second'), { signal, precondition: { etag } });
      await expect(store.snapshot('snapped', etag, signal)).rejects.toMatchObject({ kind: 'precondition-failed' });
      expect(await store.snapshot('snapped', now, signal)).toMatch(/\S/u);
      expect(await names(store, 'snapped')).toEqual(['snapped']);
    });

    test('a signal that has aborted ends every call by throwing its reason, and nothing is written', async () => {
      const reason = new Error('enough');
      const aborted = AbortSignal.abort(reason);
      const body = Buffer.from('x');
      const calls = [
        store.ensureContainer(aborted),
        store.put('aborted', body, { signal: aborted }),
        store.stageBlock('aborted', block('1'), body, aborted),
        store.stagedBlocks('aborted', aborted),
        store.commitBlocks('aborted', [], { signal: aborted }),
        store.properties('aborted', aborted),
        store.read('kept', { from: 0 }, aborted),
        Array.fromAsync(store.list('', aborted)),
        Array.fromAsync(store.listVersions('', aborted)),
        Array.fromAsync(store.listFolders('', aborted)),
        store.snapshot('kept', '"0x1"', aborted),
        store.delete({ name: 'kept', etag: '"0x1"' }, aborted),
      ];
      const results = await Promise.allSettled(calls);
      expect(results).toEqual(calls.map(() => ({ status: 'rejected', reason })));
      expect(await store.properties('aborted', signal)).toBeUndefined();
      expect(await store.stagedBlocks('aborted', signal)).toEqual(new Map());
    });
  });
}
