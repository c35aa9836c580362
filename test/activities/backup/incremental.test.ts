import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Page } from '../../../src/contracts/job.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { content, writeTree } from '../../support/tree.ts';
import { blobBytes, blobNames, listAll, mebibyte, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { backUpWhole, finish, openWhole } from './whole-run.ts';

const large = 9 * mebibyte;

/** Requests about the blobs of files since `from`: what kind each is, and of which file. */
function fileRequests({ proxy, root, container }: Rig, from = 0): string[] {
  const folder = `/${container.containerName}${root}/`;
  return proxy.requests
    .slice(from)
    .filter(({ path }) => path.startsWith(folder))
    .map(({ method, path, query }) => [method, query.get('comp'), path.slice(folder.length)].filter(Boolean).join(' '));
}

async function snapshotsOf({ container }: Rig, prefix: string): Promise<number> {
  const blobs = await Array.fromAsync(container.listBlobsFlat({ prefix, includeSnapshots: true }));
  return blobs.filter(({ snapshot }) => snapshot).length;
}

test('a second run of an unchanged tree plans no copies and sends nothing about any file, and holds the same', async () => {
  const rig = await openRig({ pageEntries: 7, smallTreeFiles: 0 });
  await writeTree(rig.root, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i % 3}/f${i}`, i * 100])));
  const first = await backUpWhole(rig);
  expect(first.run).not.toHaveProperty('base');
  const from = rig.proxy.requests.length;
  const second = await backUpWhole(rig);
  expect(second.run.base).toBe(first.run.id);
  expect(fileRequests(rig, from)).toEqual([]);
  expect(second.pages.flatMap(({ copies }) => copies)).toEqual([]);
  expect(second.pages.length).toBeGreaterThan(3);
  expect(second.pages.reduce((sum, { files }) => sum + files, 0)).toBe(20);
  expect(second.tally).toMatchObject({ files: 20, bytes: first.tally.bytes, unchanged: 20, uploaded: 0, failed: 0 });
  for (const [path, entry] of first.entries) {
    const isFile = entry.kind === 'file';
    expect(second.entries.get(path)).toEqual(isFile ? { ...entry, outcome: 'unchanged', attempts: 0 } : entry);
  }
  // And the third, whose base has nothing but unchanged files.
  expect((await backUpWhole(rig)).tally).toEqual(second.tally);
});

test('requests of a listing do not grow with the number of files in a page', async () => {
  const requests = async (count: number) => {
    const rig = await openRig({ smallTreeFiles: 0 });
    await writeTree(rig.root, Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${1000 + i}`, 1])));
    await backUpWhole(rig);
    const run = await openWhole(rig);
    const from = rig.proxy.requests.length;
    await listAll({ ...rig, run });
    return rig.proxy.requests.length - from;
  };
  expect(await requests(200)).toBe(await requests(10));
});

test('only what is new or was changed is copied, each changed blob kept as a snapshot without a look at it', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, {
    'a/same': 10,
    'b/gone': 20,
    'c/small': 30,
    'c/touched': 40,
    large,
    'touched-large': large,
  });
  const first = await backUpWhole(rig);
  await rm(join(rig.root, 'b'), { recursive: true });
  await writeFile(join(rig.root, 'c/small'), 'changed');
  await writeFile(join(rig.root, 'large'), content(large, 77));
  await writeFile(join(rig.root, 'c/new'), 'new');
  for (const name of ['c/touched', 'touched-large']) await utimes(join(rig.root, name), 1, 2);
  const from = rig.proxy.requests.length;
  const second = await backUpWhole(rig);
  expect(second.outcomes).toEqual({
    a: 'recorded',
    'a/same': 'unchanged',
    c: 'recorded',
    'c/new': 'uploaded',
    'c/small': 'uploaded',
    'c/touched': 'unchanged',
    large: 'uploaded',
    'touched-large': 'unchanged',
  });
  expect(second.tally).toMatchObject({ files: 6, unchanged: 3, uploaded: 3, uploadedBytes: large + 10, failed: 0 });
  expect(fileRequests(rig, from).toSorted()).toEqual(
    [
      'PUT c/new',
      'PUT snapshot c/small',
      'PUT c/small',
      'GET blocklist large',
      'PUT block large',
      'PUT block large',
      'PUT snapshot large',
      'PUT blocklist large',
      'HEAD large',
    ].toSorted(),
  );
  // The times of now, and the content of then.
  const { mtimeNs } = await stat(join(rig.root, 'c/touched'), { bigint: true });
  const { blob, etag, sha256 } = first.entries.get('c/touched') ?? {};
  expect(second.entries.get('c/touched')).toMatchObject({ mtimeNs: String(mtimeNs), blob, etag, sha256, attempts: 1 });
  for (const path of ['c/small', 'large']) expect(await snapshotsOf(rig, nameOf(rig, path))).toBe(1);
  expect(await snapshotsOf(rig, nameOf(rig, 'c/touched'))).toBe(0);
  expect(await blobNames(rig)).toContain(nameOf(rig, 'b/gone'));
});

test('a file that was altered with its modification time set back is copied: its change time tells', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  const path = join(rig.root, 'a');
  await utimes(path, 1000, 1000);
  await backUpWhole(rig);
  await writeFile(path, content(10, 99));
  await utimes(path, 1000, 1000);
  expect((await backUpWhole(rig)).outcomes).toEqual({ a: 'uploaded' });
});

test('a file in the place of a directory, and the other way round, is not taken for what it was', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 1, 'b/x': 2 });
  await backUpWhole(rig);
  await rm(join(rig.root, 'a'));
  await rm(join(rig.root, 'b'), { recursive: true });
  await mkdir(join(rig.root, 'a'));
  await writeFile(join(rig.root, 'b'), 'a file');
  expect((await backUpWhole(rig)).outcomes).toEqual({ a: 'recorded', b: 'uploaded' });
});

test('what changed while another run overwrote its blob is looked up, and nothing is lost', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10, b: 20, gone: 30 });
  await backUpWhole(rig);
  for (const name of ['a', 'b', 'gone']) await writeFile(join(rig.root, name), `other ${name}`);
  // One holds by now what the file holds, one something else, and one is not there.
  const run = await openWhole(rig);
  const pages = await listAll({ ...rig, run });
  await backUpWhole({ ...rig, run: { ...run, options: rig.run.options } });
  await rig.container.getBlockBlobClient(nameOf(rig, 'b')).uploadData(Buffer.from('of a stranger'));
  await rig.container.deleteBlob(nameOf(rig, 'gone'), { deleteSnapshots: 'include' });
  const late = await finish({ ...rig, run }, pages);
  expect(late.outcomes).toEqual({ a: 'adopted', b: 'uploaded', gone: 'uploaded' });
  for (const name of ['a', 'b', 'gone'])
    expect((await blobBytes(rig, nameOf(rig, name))).toString()).toBe(`other ${name}`);
});

test('a blob that storage says is gone, when it is to be kept as a snapshot, is looked up', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpWhole(rig);
  await writeFile(join(rig.root, 'a'), 'changed');
  let left = 1;
  rig.proxy.rule(({ query }) =>
    query.get('comp') === 'snapshot' && left-- > 0 ? { status: 404, code: 'BlobNotFound' } : undefined,
  );
  expect((await backUpWhole(rig)).outcomes).toEqual({ a: 'uploaded' });
  expect(await snapshotsOf(rig, nameOf(rig, 'a'))).toBe(1);
});

test('files of a base whose blobs have other names by now are new', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpWhole(rig);
  const run = await openWhole(rig);
  const moved = { ...rig, run: { ...run, root: `${rig.root}/.` } };
  const [page] = await listAll(moved);
  expect(page?.copies).toHaveLength(1);
});

test('an incomplete run is a base: what it holds is unchanged, and what it lacks is copied', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, b: 2 });
  const run = await openWhole(rig);
  const [page] = (await listAll({ ...rig, run })) as [Page];
  await perform(rig.activities.copyFiles, [run, page.copies[0]!]);
  await perform(rig.activities.sealPage, [run, 0, [{ number: 1, reason: 'no answer' }]]);
  const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:04:06.000Z' };
  expect((await perform(rig.activities.commitRun, [run, times])).tally.failed).toBe(1);
  const next = await backUpWhole(rig);
  expect(next.run.base).toBe(run.id);
  expect(next.outcomes).toEqual({ a: 'unchanged', b: 'uploaded' });
});

test('a base that is damaged in the middle serves up to there, and the rest is found in storage', async () => {
  const rig = await openRig({ pageEntries: 2, smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 });
  const first = await backUpWhole(rig);
  const damaged = rig.container.getBlockBlobClient(runLayout(first.run).shard(1));
  const { metadata = {} } = await damaged.getProperties();
  await damaged.uploadData(Buffer.from('not gzip'), { metadata });
  const wider = { ...rig, run: { ...rig.run, options: { ...rig.run.options, pageEntries: 100 } } };
  const second = await backUpWhole(wider);
  expect(second.outcomes).toEqual({
    a: 'unchanged',
    b: 'unchanged',
    c: 'adopted',
    d: 'adopted',
    e: 'adopted',
    f: 'adopted',
  });
});

test('a base whose manifest is gone by now makes all files new', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  const first = await backUpWhole(rig);
  const run = await openWhole(rig);
  await rig.container.deleteBlob(runLayout(first.run).manifest);
  const page = await listAll({ ...rig, run });
  expect((await finish({ ...rig, run }, page)).outcomes).toEqual({ a: 'adopted' });
});

test('storage that is away while the base is read makes the listing a failure to be tried again, not all files new', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await backUpWhole(rig);
  const run = await openWhole(rig);
  rig.proxy.rule(({ path }) => (path.includes('/manifest/') ? { status: 503 } : undefined));
  const listing = perform(rig.activities.listFiles, [run, 0]);
  await expect(listing).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
});
