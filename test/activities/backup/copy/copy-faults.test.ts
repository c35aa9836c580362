import { setImmediate as tick } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { Slice } from '../../../../src/contracts/job.ts';
import type { SeenRequest } from '../../../support/blob-proxy.ts';
import { content, writeTree } from '../../../support/tree.ts';
import {
  blobBytes,
  blobNames,
  bytesSent,
  copyAll,
  environmentOf,
  listAll,
  mebibyte,
  nameOf,
  openRig,
  perform,
  type Rig,
} from '../../rig.ts';

async function listed(rig: Rig): Promise<Slice> {
  const [copy] = (await listAll(rig)).flatMap(({ copies }) => copies);
  if (!copy) throw new Error('nothing to copy');
  return copy;
}

/** Requests that write a file, not the run's own data. */
function writesFile(rig: Rig, path = ''): (request: SeenRequest) => boolean {
  return (request) => request.method === 'PUT' && request.path.includes(`${rig.root}/${path}`);
}

async function allMemoryIsFree({ deps }: Rig): Promise<boolean> {
  const taking = deps.memory.take(Infinity, new AbortController().signal);
  const free = await Promise.race([taking.then(() => true), tick(false)]);
  void taking.then((release) => release());
  return free;
}

test('storage that is away fails the activity, to be tried again, with all memory given back', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 10, b: 20, large: 9 * mebibyte });
  const pages = await listAll(rig);
  const matches = writesFile(rig);
  const remove = rig.proxy.rule((request) => (matches(request) ? { status: 503 } : undefined));
  for (const copy of pages.flatMap(({ copies }) => copies)) {
    const copying = perform(rig.activities.copyFiles, [rig.run, copy]);
    await expect(copying).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
  }
  expect(await allMemoryIsFree(rig)).toBe(true);
  remove();
  const outcomes = await copyAll(rig, pages, 2);
  expect([...outcomes.values()].map(({ outcome }) => outcome)).toEqual(['uploaded', 'uploaded', 'uploaded']);
});

test('on the last attempt what storage does not take is an outcome, and the rest is stored', async () => {
  const rig = await openRig({ smallTreeFiles: 0, copyAttempts: 2 });
  await writeTree(rig.root, { a: 10, b: 20 });
  const copy = await listed(rig);
  const matches = writesFile(rig, 'a');
  rig.proxy.rule((request) => (matches(request) ? { status: 503 } : undefined));
  expect(await perform(rig.activities.copyFiles, [rig.run, copy], { attempt: 2 })).toEqual({
    files: 1,
    bytes: 20,
    transferred: 20,
    failed: 1,
  });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'b')]);
});

test('a file that storage refuses is an outcome at once, with the answer as its reason', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { 'a, b': 10, b: 20 });
  const matches = writesFile(rig, 'a');
  rig.proxy.rule((request) => (matches(request) ? { status: 409, code: 'BlobImmutableDueToPolicy' } : undefined));
  const outcomes = await copyAll(rig, await listAll(rig));
  expect(outcomes.get('b')?.outcome).toBe('uploaded');
  const reason = `write ${nameOf(rig, 'a, b')}: ${rig.deps.store.url} answered 409 BlobImmutableDueToPolicy`;
  const failed = { outcome: 'failed', reason: expect.stringContaining(reason) as string };
  expect(outcomes.get('a, b')).toMatchObject(failed);
});

test.each([
  ['a small file', 1000],
  ['a large file', 9 * mebibyte],
])('of %s another writer put first, a snapshot is kept and ours is written over it', async (_, size) => {
  const rig = await openRig();
  await writeTree(rig.root, { a: size });
  const pages = await listAll(rig);
  const matches = writesFile(rig, 'a');
  const held = rig.proxy.hold((request) => matches(request) && request.query.get('comp') !== 'block');
  const copying = copyAll(rig, pages);
  await held.reached;
  const blob = rig.container.getBlockBlobClient(nameOf(rig, 'a'));
  await blob.upload('theirs', 6);
  held.release();
  expect((await copying).get('a')?.outcome).toBe('uploaded');
  expect((await blob.downloadToBuffer()).equals(content(size))).toBe(true);
  const kept = await Array.fromAsync(rig.container.listBlobsFlat({ prefix: nameOf(rig, 'a'), includeSnapshots: true }));
  const snapshots = kept
    .flatMap(({ snapshot }) => snapshot ?? [])
    .map((id) => blob.withSnapshot(id).downloadToBuffer());
  expect((await Promise.all(snapshots)).map(String)).toEqual(['theirs']);
});

test.each([
  ['a small file', 1000],
  ['a large file', 9 * mebibyte],
])('when the answer to the write of %s is lost, the blob it made is taken for what it is', async (_, size) => {
  const rig = await openRig();
  await writeTree(rig.root, { a: size });
  const matches = writesFile(rig, 'a');
  let lose = true;
  rig.proxy.rule((request) => {
    if (!lose || !matches(request) || request.query.get('comp') === 'block') return undefined;
    lose = false;
    return 'lose-answer';
  });
  const outcome = (await copyAll(rig, await listAll(rig))).get('a');
  const blob = rig.container.getBlobClient(nameOf(rig, 'a'));
  expect(outcome).toMatchObject({ outcome: 'adopted', etag: (await blob.getProperties()).etag });
  expect((await blob.downloadToBuffer()).equals(content(size))).toBe(true);
});

test('an attempt at a large file sends only the blocks that the one before it did not', async () => {
  const rig = await openRig();
  const size = 36 * mebibyte;
  await writeTree(rig.root, { a: size });
  const pages = await listAll(rig);
  let passed = 0;
  const remove = rig.proxy.rule(({ query }) =>
    query.get('comp') === 'block' && ++passed > 2 ? { status: 503 } : undefined,
  );
  await expect(copyAll(rig, pages)).rejects.toMatchObject({ type: 'StorageUnavailable' });
  remove();
  expect(await blobNames(rig)).toEqual([]);
  const from = rig.proxy.requests.length;
  expect((await copyAll(rig, pages, 2)).get('a')?.outcome).toBe('uploaded');
  const blob = nameOf(rig, 'a');
  expect((await blobBytes(rig, blob)).equals(content(size))).toBe(true);
  expect(bytesSent(rig, from)).toBe(size - 16 * mebibyte);
});

test('a cancelled copy ends while storage is silent, writes no blob and gives its memory back', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000 });
  const copy = await listed(rig);
  const held = rig.proxy.hold(writesFile(rig, 'a'));
  const environment = environmentOf();
  const copying = environment.run(rig.activities.copyFiles, rig.run, copy);
  await held.reached;
  environment.cancel();
  await expect(copying).rejects.toBeInstanceOf(CancelledFailure);
  expect(await allMemoryIsFree(rig)).toBe(true);
  expect(await blobNames(rig)).toEqual([]);
});

test('content that is corrupted on the way is sent again by the next attempt', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000 });
  const pages = await listAll(rig);
  const matches = writesFile(rig, 'a');
  const remove = rig.proxy.rule((request) =>
    matches(request) ? { tamper: (body) => Buffer.alloc(body.length) } : undefined,
  );
  await expect(copyAll(rig, pages)).rejects.toMatchObject({ type: 'StorageUnavailable' });
  expect(await blobNames(rig)).toEqual([]);
  remove();
  await copyAll(rig, pages, 2);
  expect(await blobBytes(rig, nameOf(rig, 'a'))).toEqual(content(1000));
});
