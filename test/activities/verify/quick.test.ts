import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jobLayout } from '../../../src/storage/run-layout.ts';
import { openBlobStore } from '../../../src/storage/open-blob-store.ts';
import { createActivities } from '../../../src/activities/index.ts';
import type { SeenRequest } from '../../support/blob-proxy.ts';
import { content, writeTree } from '../../support/tree.ts';
import { nameOf, openRig, perform, type Rig } from '../rig.ts';
import { backUpRun, listPages, open, outcomes, overwrite, verify } from './rig.ts';

const laterRun = '20260103T030405Z-0123abcd';

/** Requests about the backed-up files one by one: what is neither a listing nor the service's own data. */
function requestsPerFile({ proxy, root }: Rig, from: number): SeenRequest[] {
  return proxy.requests.slice(from).filter(({ path }) => path.includes(root));
}

/** The same rig with listings of so few blobs a page. */
function withSmallListings(rig: Rig, listPageSize: number): Rig {
  const { connectionString } = rig.proxy;
  const store = openBlobStore({ connectionString }, rig.container.containerName, { listPageSize });
  const deps = { ...rig.deps, store };
  return { ...rig, deps, activities: createActivities(deps) };
}

test('an intact run is found intact by its listing alone, without one request for a file', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'a/b': 10, 'a/c': 0, 'a.txt': 20, large: 9_000_000 });
  await symlink('a.txt', join(rig.root, 'a link'));
  await backUpRun(rig);
  const from = rig.proxy.requests.length;
  const { verification, tally, report, rows } = await verify(rig);
  expect(rows.map(({ path, kind, outcome, attempts }) => [path, kind, outcome, attempts])).toEqual(
    ['a.txt', 'a/b', 'a/c', 'large'].map((path) => [path, 'file', 'intact', 0]),
  );
  expect(tally).toEqual({
    files: 4,
    bytes: 9_000_030,
    intact: 4,
    readBytes: 0,
    missing: 0,
    corrupt: 0,
    extra: 0,
    unchecked: 0,
    failed: 0,
  });
  const { id, run, root } = verification;
  expect(report).toMatchObject({ format: 1, verification: id, run, root, deep: false, tally, complete: true });
  expect(requestsPerFile(rig, from)).toEqual([]);
});

test('what is gone is missing, and what holds something else is corrupt', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { emptied: 10, gone: 10, other: 10, stays: 10 });
  await backUpRun(rig);
  await rig.container.deleteBlob(nameOf(rig, 'gone'));
  await overwrite(rig, nameOf(rig, 'other'), content(10, 99));
  await overwrite(rig, nameOf(rig, 'emptied'), Buffer.alloc(0), true);
  const { tally, report, rows } = await verify(rig);
  const brief = rows.map(({ path, outcome, reason }) => [path, outcome, reason]);
  const nothing = 'and no snapshot of it holds what the run stored';
  expect(brief).toEqual([
    ['emptied', 'corrupt', `the blob holds 0 bytes instead of 10, ${nothing}`],
    ['gone', 'missing', `there is no blob ${nameOf(rig, 'gone')}`],
    ['other', 'corrupt', `the blob holds other content, ${nothing}`],
    ['stays', 'intact', undefined],
  ]);
  expect(tally).toMatchObject({ files: 4, bytes: 40, intact: 1, missing: 1, corrupt: 2, failed: 3 });
  expect(report.complete).toBe(false);
});

test('the failures of a page are reported with what they are, as people read paths', async () => {
  const rig = await openRig();
  await writeFile(Buffer.concat([Buffer.from(`${rig.root}/`), Buffer.from('50%\xff', 'latin1')]), 'x');
  await backUpRun(rig);
  await rig.container.deleteBlob(nameOf(rig, '50%25%FF'));
  const verification = await open(rig);
  await listPages(rig, verification);
  const { failures } = await perform(rig.activities.sealVerificationPage, [verification, 0, []]);
  expect(failures).toEqual([
    { path: '50%\ufffd', outcome: 'missing', reason: `there is no blob ${nameOf(rig, '50%25%FF')}` },
  ]);
});

test('content that a later run has overwritten is intact as long as its snapshot is there', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000, large: 9_000_000, same: 10 });
  await backUpRun(rig);
  await writeFile(join(rig.root, 'a'), 'changed');
  await writeFile(join(rig.root, 'large'), content(9_000_000, 99));
  await backUpRun(rig, laterRun);
  const from = rig.proxy.requests.length;
  for (const run of [rig.run.id, laterRun]) {
    expect(outcomes(await verify(rig, { run }))).toEqual({ a: 'intact', large: 'intact', same: 'intact' });
  }
  expect(requestsPerFile(rig, from)).toEqual([]);

  const blob = rig.container.getBlobClient(nameOf(rig, 'a'));
  await blob.delete({ deleteSnapshots: 'only' });
  expect(outcomes(await verify(rig))).toEqual({ a: 'corrupt', large: 'intact', same: 'intact' });
  expect(outcomes(await verify(rig, { run: laterRun }))).toEqual({ a: 'intact', large: 'intact', same: 'intact' });
});

test('other content under the same size and metadata is beyond a listing', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  await overwrite(rig, nameOf(rig, 'a'), content(10, 99), true);
  expect(outcomes(await verify(rig))).toEqual({ a: 'intact' });
});

test('names in orders of their own are found: odd bytes, shortened, escaped, and beyond the first plane', async () => {
  const rig = withSmallListings(await openRig({ pageEntries: 4 }), 3);
  const folder = `${'l'.repeat(200)}/`.repeat(5);
  const odd = `looks-shortened~${'0'.repeat(32)}`;
  const plain = ['a\\b', 'a', '\uff5e', '\u{1f600}', 'é', 'z', `${folder}a`, 'looks', 'looks-shortened~1'];
  const long = ['x', 'y'].map((letter) => folder + letter.repeat(100));
  await writeTree(rig.root, Object.fromEntries([...plain, ...long, odd].map((name, i) => [name, i])));
  await writeFile(Buffer.concat([Buffer.from(`${rig.root}/`), Buffer.from('ff61c328', 'hex')]), 'bytes');
  await backUpRun(rig);
  const names = await Array.fromAsync(rig.container.listBlobsFlat({ prefix: rig.root.slice(1) }));
  expect(names.filter(({ name }) => /~[0-9a-f]{32}$/u.test(name))).toHaveLength(3);
  const { tally, rows, report } = await verify(rig);
  expect(tally).toMatchObject({ files: 13, intact: 13, extra: 0 });
  expect(new Set(rows.map(({ path }) => path)).size).toBe(13);
  expect(report.shards).toHaveLength(4);
});

test('a finding that only the listing makes is looked up before it is told', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, b: 1 });
  await backUpRun(rig);
  const isListing = ({ method, query }: SeenRequest) =>
    method === 'GET' && query.get('prefix') === `${rig.root.slice(1)}/`;
  const empty = (answer: Buffer) => Buffer.from(answer.toString().replace(/<Blobs>.*<\/Blobs>/su, '<Blobs></Blobs>'));
  rig.proxy.rule((request) => (isListing(request) ? { tamperAnswer: empty } : undefined));
  const from = rig.proxy.requests.length;
  expect(outcomes(await verify(rig))).toEqual({ a: 'intact', b: 'intact' });
  expect(requestsPerFile(rig, from).map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
});

test('every page holds its share, each file once, also when a second attempt finds some of them', async () => {
  const rig = await openRig({ pageEntries: 3, pageCopies: 2, packFiles: 1, smallTreeFiles: 0 });
  await writeTree(rig.root, Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`f${i}`, i])));
  await backUpRun(rig);
  const quick = await open(rig);
  const pages = await listPages(rig, quick);
  expect(pages.map(({ number, files, copies, cursor }) => [number, files, copies.length, cursor])).toEqual([
    [0, 3, 0, 'f2'],
    [1, 3, 0, 'f5'],
    [2, 1, 0, undefined],
  ]);
  const deep = await open(rig, { deep: true });
  const first = await listPages(rig, deep);
  expect(first.map(({ files, copies }) => [files, copies.length])).toEqual([
    [2, 2],
    [2, 2],
    [2, 2],
    [1, 1],
  ]);
  // As when the first attempt dies after its first page, and a file is gone by the second.
  const layout = jobLayout('verifications', deep);
  for (const { number } of first.slice(1)) await rig.container.deleteBlob(layout.page(number));
  await rig.container.deleteBlob(nameOf(rig, 'f1'));
  expect(await listPages(rig, deep)).toEqual(first);
});

test('a run without files is intact', async () => {
  const rig = await openRig();
  await backUpRun(rig);
  for (const deep of [false, true]) {
    const { tally, report, rows } = await verify(rig, { deep });
    expect(rows).toEqual([]);
    expect(tally).toMatchObject({ files: 0, failed: 0 });
    expect(report.complete).toBe(true);
  }
});

test('a manifest that is another by now is not verified further', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await backUpRun(rig);
  const verification = { ...(await open(rig)), manifestEtag: '"0x1"' };
  await expect(perform(rig.activities.listVerification, [verification, 0])).rejects.toMatchObject({
    type: 'ManifestInvalid',
    nonRetryable: true,
    message: expect.stringContaining('start again'),
  });
});
