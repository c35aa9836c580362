import { describe, expect, test } from 'vitest';
import { findVersion } from '../../../src/history/entries/find-version.ts';
import { readVersion } from '../../../src/history/entries/read-version.ts';
import type { StoredFile } from '../../../src/contracts/manifest.ts';
import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { content } from '../../support/tree.ts';
import { azurite, openRig, rejection, signal } from '../../storage/rig.ts';
import { sha256 } from '../records/rig.ts';

const blob = 'srv/a';

/** Stores a content as a backup does, and tells what its manifest would say. */
async function put(store: BlobStore, body: string, name = blob): Promise<StoredFile> {
  const metadata = { sha256: sha256(body) };
  const etag = await store.put(name, Buffer.from(body), { signal, metadata });
  return { blob: name, etag, sha256: metadata.sha256, size: body.length };
}

async function snapshot(store: BlobStore, { etag }: StoredFile): Promise<string> {
  return store.snapshot(blob, etag, signal);
}

const blocks = { blockSize: 4, ahead: 2 };

async function read(store: BlobStore, file: StoredFile): Promise<string | undefined> {
  const version = await findVersion(store, file, signal);
  return version && Buffer.concat(await Array.fromAsync(readVersion(store, version, signal, blocks))).toString();
}

describe('the version that a manifest means', () => {
  test('is the blob while it is as it was', async () => {
    const { store, direct, proxy } = await openRig();
    const file = await put(direct, 'first');
    expect(await findVersion(store, file, signal)).toEqual({ name: blob, etag: file.etag, size: 5 });
    expect(proxy.requests.map(({ method }) => method)).toEqual(['HEAD']);
    expect(await read(direct, file)).toBe('first');
  });

  test('is the blob when the same content was stored again', async () => {
    const { direct } = await openRig();
    const file = await put(direct, 'first');
    await snapshot(direct, file);
    const again = await put(direct, 'first');
    expect(again.etag).not.toBe(file.etag);
    expect(await findVersion(direct, file, signal)).toEqual({ name: blob, etag: again.etag, size: 5 });
  });

  test('is the snapshot when the blob was overwritten, whatever became of it since', async () => {
    const { direct } = await openRig();
    const files: StoredFile[] = [];
    const snapshots: string[] = [];
    for (const body of ['first', 'second', 'third']) {
      const file = await put(direct, body);
      files.push(file);
      snapshots.push(await snapshot(direct, file));
    }
    await put(direct, 'now');
    await put(direct, 'beside', `${blob}/b`);
    await put(direct, 'beside', `${blob}!`);
    for (const [i, body] of ['first', 'second', 'third'].entries()) {
      const file = files[i] as StoredFile;
      const expected = { name: blob, etag: file.etag, size: body.length, snapshot: snapshots[i] };
      expect(await findVersion(direct, file, signal)).toEqual(expected);
      expect(await read(direct, file)).toBe(body);
    }
  });

  test('is the newest snapshot of several with its content', async () => {
    const { direct } = await openRig();
    const file = await put(direct, 'first');
    await snapshot(direct, file);
    const newest = await snapshot(direct, await put(direct, 'first'));
    await snapshot(direct, await put(direct, 'other'));
    await put(direct, 'now');
    expect((await findVersion(direct, file, signal))?.snapshot).toBe(newest);
  });

  test('is none when its content is gone, or was never there', async () => {
    const { direct, container } = await openRig();
    const file = await put(direct, 'first');
    await put(direct, 'other');
    expect(await findVersion(direct, file, signal)).toBeUndefined();
    await snapshot(direct, await put(direct, 'kept'));
    await azurite().getContainerClient(container).deleteBlob(blob, { deleteSnapshots: 'include' });
    await put(direct, 'first', `${blob}/b`);
    expect(await findVersion(direct, file, signal)).toBeUndefined();
  });

  test('is none whose hash is right and whose size is not, or the other way round', async () => {
    const { direct } = await openRig();
    const file = await put(direct, 'first');
    await put(direct, 'other');
    await direct.put(blob, Buffer.from('longer'), { signal, metadata: { sha256: file.sha256 } });
    expect(await findVersion(direct, file, signal)).toBeUndefined();
    await direct.put(blob, Buffer.from('right'), { signal });
    expect(await findVersion(direct, file, signal)).toBeUndefined();
  });
});

describe('the content of a version', () => {
  test.each([
    [0, 1],
    [1, 1],
    [100, 1],
    [100, 7],
    [100, 50],
    [100, 100],
    [100, 1000],
  ])('of %i bytes comes in order in blocks of %i', async (size, blockSize) => {
    const { direct } = await openRig();
    const body = content(size);
    const etag = await direct.put(blob, body, { signal });
    for (const ahead of [0, 1, 3]) {
      const version = { name: blob, etag, size };
      const read = await Array.fromAsync(readVersion(direct, version, signal, { blockSize, ahead }));
      expect(Buffer.concat(read)).toEqual(body);
      expect(read.slice(0, -1).every(({ length }) => length === blockSize)).toBe(true);
    }
  });

  test('is fetched ahead of the reader, so far and no farther', async () => {
    const { store, direct, proxy } = await openRig();
    const etag = await direct.put(blob, content(40), { signal });
    const release = [1, 2, 3].map(() => proxy.hold(({ method }) => method === 'GET'));
    const reading = readVersion(store, { name: blob, etag, size: 40 }, signal, blocks);
    const first = reading.next();
    await Promise.all(release.map(({ reached }) => reached));
    expect(proxy.requests).toHaveLength(3);
    for (const { release: resume } of release) resume();
    expect((await first).value).toEqual(content(40).subarray(0, 4));
    await reading.return(undefined);
  });

  test('that is overwritten meanwhile is not mixed with the new one', async () => {
    const { direct } = await openRig();
    const file = await put(direct, '0123456789');
    const version = { name: blob, etag: file.etag, size: 10 };
    const reading = readVersion(direct, version, signal, { blockSize: 4, ahead: 0 });
    expect((await reading.next()).value).toEqual(Buffer.from('0123'));
    await put(direct, '0123456789');
    expect(await rejection(reading.next())).toMatchObject({ kind: 'precondition-failed' });
  });

  test('that is deleted meanwhile is gone', async () => {
    const { direct, container } = await openRig();
    const file = await put(direct, '0123456789');
    const reading = readVersion(direct, { name: blob, etag: file.etag, size: 10 }, signal, { blockSize: 4, ahead: 0 });
    await reading.next();
    await azurite().getContainerClient(container).deleteBlob(blob);
    expect((await rejection(reading.next())).kind).toMatch(/^(?:not-found|precondition-failed)$/u);
  });
});
