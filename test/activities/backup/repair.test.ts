import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeShard } from '../../../src/activities/paged/shard.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import type { VerifiedFile } from '../../../src/contracts/verification.ts';
import { jobLayout } from '../../../src/storage/run-layout.ts';
import { content, writeTree } from '../../support/tree.ts';
import { blobBytes, mebibyte, nameOf, openRig, type Rig } from '../rig.ts';
import { backUpWhole, type WholeRun } from './whole-run.ts';

const large = 9 * mebibyte;

/** Changes a file's content and leaves its size and modification time as they were. */
async function alterInSilence({ root }: Rig, name: string, bytes: Buffer): Promise<void> {
  await utimes(join(root, name), 1000, 1000);
  await writeFile(join(root, name), bytes);
  await utimes(join(root, name), 1000, 1000);
}

/** Requests about the blobs of files. */
function countFileRequests({ proxy, root }: Rig, from: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path } of proxy.requests.slice(from)) {
    if (path.includes(`${root}/`)) counts[method] = (counts[method] ?? 0) + 1;
  }
  return counts;
}

test('with checksum every file is read, and one whose content alone is another is sent', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 10, b: 20, large, other: large });
  const first = await backUpWhole(rig);
  await alterInSilence(rig, 'b', content(20, 99));
  await alterInSilence(rig, 'other', content(large, 99));
  const from = rig.proxy.requests.length;
  const second = await backUpWhole(rig, { checksum: true });
  expect(second.run.unchanged).toBe('read');
  expect(second.outcomes).toEqual({ a: 'unchanged', b: 'uploaded', large: 'unchanged', other: 'uploaded' });
  expect(second.entries.get('a')).toEqual({ ...first.entries.get('a'), outcome: 'unchanged' });
  expect(countFileRequests(rig, from)['HEAD']).toBe(1);
  const copied = second.pages.flatMap(({ copies }) => copies).reduce((sum, { files }) => sum + files, 0);
  expect(copied).toBe(4);
});

test('with checksum an unchanged tree is read and nothing is asked about it', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 10, b: 20, large });
  await backUpWhole(rig);
  const from = rig.proxy.requests.length;
  const { tally, entries } = await backUpWhole(rig, { checksum: true });
  expect(tally).toMatchObject({ files: 3, unchanged: 3, failed: 0 });
  expect([...entries.values()].map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  expect(countFileRequests(rig, from)).toEqual({});
});

/** Makes blobs other than the run left them: one gone, one of a stranger, and one with the right marks on the wrong content. */
async function damage(rig: Rig): Promise<void> {
  const { container } = rig;
  await container.deleteBlob(nameOf(rig, 'missing'));
  await container.getBlockBlobClient(nameOf(rig, 'strange')).uploadData(Buffer.from('of a stranger'));
  for (const [name, size] of [
    ['forged', 30],
    ['forged-large', large],
  ] as const) {
    const blob = container.getBlockBlobClient(nameOf(rig, name));
    const { metadata = {} } = await blob.getProperties();
    await blob.uploadData(content(size, 1234), { metadata });
  }
}

test.each([{}, { checksum: true }])(
  'with repair and %j what storage lacks or has otherwise is sent again, and the rest is one look each',
  async (also) => {
    const rig = await openRig({ smallTreeFiles: 0 });
    const tree = { a: 10, forged: 30, 'forged-large': large, missing: 20, strange: 40, z: 50 };
    await writeTree(rig.root, tree);
    const first = await backUpWhole(rig);
    await damage(rig);
    expect((await backUpWhole(rig)).tally.unchanged).toBe(6);
    const repaired = await backUpWhole(rig, { ...also, repair: true });
    expect(repaired.outcomes).toEqual({
      a: 'unchanged',
      forged: 'uploaded',
      'forged-large': 'uploaded',
      missing: 'uploaded',
      strange: 'uploaded',
      z: 'unchanged',
    });
    for (const [i, [name, size]] of Object.entries(tree).entries()) {
      expect((await blobBytes(rig, nameOf(rig, name))).equals(content(size, i))).toBe(true);
      expect(repaired.entries.get(name)?.sha256).toBe(first.entries.get(name)?.sha256);
    }
    const from = rig.proxy.requests.length;
    const again = await backUpWhole(rig, { ...also, repair: true });
    expect(again.tally).toMatchObject({ files: 6, unchanged: 6 });
    expect(countFileRequests(rig, from)).toEqual({ HEAD: 6 });
    expect(again.entries.get('a')?.attempts).toBe('checksum' in also ? 1 : 0);
  },
);

test('with repair, what a blob says of itself is not believed after a refused write either', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { forged: 30 });
  await backUpWhole(rig);
  const blob = rig.container.getBlockBlobClient(nameOf(rig, 'forged'));
  const { metadata = {} } = await blob.getProperties();
  await blob.uploadData(content(30, 1234), { metadata });
  let left = 1;
  rig.proxy.rule(({ query }) =>
    query.get('comp') === 'snapshot' && left-- > 0 ? { status: 412, code: 'ConditionNotMet' } : undefined,
  );
  expect((await backUpWhole(rig, { repair: true })).outcomes).toEqual({ forged: 'uploaded' });
  expect(await blob.downloadToBuffer()).toEqual(content(30));
});

test('with repair, content that was stored by an attempt whose answer got lost is adopted', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { missing: 30 });
  await backUpWhole(rig);
  await rig.container.deleteBlob(nameOf(rig, 'missing'));
  let left = 1;
  rig.proxy.rule(({ method, path }) =>
    method === 'PUT' && path.endsWith('/missing') && left-- > 0 ? 'lose-answer' : undefined,
  );
  expect((await backUpWhole(rig, { repair: true })).outcomes).toEqual({ missing: 'adopted' });
});

/** Leaves what a verification of the run leaves that found the content of these files to be corrupt. */
async function writeFindings(rig: Rig, { run, entries }: WholeRun, corrupt: readonly string[]): Promise<void> {
  const layout = jobLayout('verifications', { prefix: '', id: '20260103T000000Z-00000001' });
  const rows = [...entries.values()].map(
    ({ path, blob = '', etag = '', sha256 = '', size }: ManifestEntry): VerifiedFile => {
      const outcome = corrupt.includes(path) ? 'corrupt' : 'intact';
      return { path, kind: 'file', blob, etag, sha256, size, outcome, attempts: 1 };
    },
  );
  await writeShard(rig.deps.store, layout.shard(0), rows, {}, new AbortController().signal);
  const shards = [{ blob: layout.shard(0), sha256: '', entries: rows.length, first: rows[0]?.path ?? '' }];
  const report = { format: 1, run: run.id, root: run.root, deep: true, tally: { corrupt: corrupt.length }, shards };
  await rig.container.getBlockBlobClient(layout.manifest).uploadData(Buffer.from(JSON.stringify(report)));
}

test('with repair a blob that a verification found corrupt is sent again though its etag is the same, and once only', async () => {
  const rig = await openRig({ smallTreeFiles: 0, pageEntries: 2 });
  await writeTree(rig.root, { a: 10, b: 20, c: 30, large });
  const first = await backUpWhole(rig);
  await writeFindings(rig, first, ['b', 'large']);
  // The finding is of an older run than the base, and still of the same blob.
  await backUpWhole(rig);
  const repaired = await backUpWhole(rig, { repair: true });
  expect(repaired.outcomes).toEqual({ a: 'unchanged', b: 'uploaded', c: 'unchanged', large: 'uploaded' });
  expect(repaired.entries.get('b')?.etag).not.toBe(first.entries.get('b')?.etag);
  expect((await backUpWhole(rig, { repair: true })).tally.unchanged).toBe(4);
});

test('findings that cannot be read, or are of another root, do not hold up a repair', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  const first = await backUpWhole(rig);
  await writeFindings(rig, { ...first, run: { ...first.run, root: '/elsewhere' } }, ['a']);
  expect((await backUpWhole(rig, { repair: true })).outcomes).toEqual({ a: 'unchanged' });
  await writeFindings(rig, first, ['a']);
  const { shard, manifest } = jobLayout('verifications', { prefix: '', id: '20260103T000000Z-00000001' });
  await rig.container.getBlockBlobClient(shard(0)).uploadData(Buffer.from('not gzip'));
  expect((await backUpWhole(rig, { repair: true })).outcomes).toEqual({ a: 'unchanged' });
  for (const report of ['{', '{}']) {
    await rig.container.getBlockBlobClient(manifest).uploadData(Buffer.from(report));
    expect((await backUpWhole(rig, { repair: true })).outcomes).toEqual({ a: 'unchanged' });
  }
});
