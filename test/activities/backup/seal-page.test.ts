import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type ManifestEntry } from '../../../src/contracts/manifest.ts';
import { addTallies } from '../../../src/contracts/job.ts';
import { emptyTally, tallyOf } from '../../../src/contracts/backup.ts';
import { parseNdjson } from '../../../src/storage/ndjson.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { blobBytes, copyAll, listAll, openRig, perform, type Rig } from '../rig.ts';

async function shardOf(rig: Rig, page: number): Promise<ManifestEntry[]> {
  return parseNdjson(gunzipSync(await blobBytes(rig, runLayout(rig.run).shard(page))).toString());
}

async function mixedTree(root: string): Promise<void> {
  await writeTree(root, { a: 10, 'b/c': 20, 'b/d': 0, gone: 5, 'z.txt': 30 });
  await mkdir(join(root, 'empty'));
  await symlink('a', join(root, 'link'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
}

test('a shard holds every path of its page once, in order, and the tally is the sum of its lines', async () => {
  const rig = await openRig({ pageEntries: 4, smallTreeFiles: 0 });
  await mixedTree(rig.root);
  const pages = await listAll(rig);
  await rm(join(rig.root, 'gone'));
  await copyAll(rig, pages);
  const entries: ManifestEntry[] = [];
  let total = emptyTally;
  for (const { number } of pages) {
    const { tally, failures } = await perform(rig.activities.sealPage, [rig.run, number, []]);
    const shard = await shardOf(rig, number);
    expect(tally).toEqual(shard.map(tallyOf).reduce(addTallies, emptyTally));
    expect(failures).toEqual([]);
    entries.push(...shard);
    total = addTallies(total, tally);
  }
  const keys = entries.map(entryKey);
  expect(keys).toEqual(['a', 'b/', 'b/c', 'b/d', 'empty/', 'fifo', 'gone', 'link', 'z.txt']);
  expect(keys.toSorted(comparePaths)).toEqual(keys);
  expect(entries.map(({ outcome }) => outcome)).toEqual([
    'uploaded',
    'recorded',
    'uploaded',
    'uploaded',
    'recorded',
    'skipped',
    'skipped',
    'recorded',
    'uploaded',
  ]);
  expect(entries.find(({ path }) => path === 'link')).toMatchObject({ kind: 'symlink', target: 'a' });
  const counts = {
    files: 4,
    bytes: 60,
    uploaded: 4,
    uploadedBytes: 60,
    adopted: 0,
    unchanged: 0,
    directories: 2,
    symlinks: 1,
    skipped: 2,
    failed: 0,
  };
  expect(total).toEqual(counts);
});

test("a shard's metadata tells the SHA-256 of its bytes and the number of its lines", async () => {
  const rig = await openRig();
  await mixedTree(rig.root);
  await copyAll(rig, await listAll(rig));
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  const name = runLayout(rig.run).shard(0);
  const { metadata } = await rig.container.getBlobClient(name).getProperties();
  const sha256 = createHash('sha256')
    .update(await blobBytes(rig, name))
    .digest('hex');
  expect(metadata).toMatchObject({ sha256, entries: '9' });
  expect(JSON.parse(metadata?.['tally'] ?? '')).toMatchObject({ files: 5, bytes: 65, directories: 2, skipped: 1 });
});

test('files of copies that gave up are failures with the reason, unless an attempt wrote their outcomes', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, b: 2, c: 3 });
  const [page] = await listAll(rig);
  const [copy] = page?.copies ?? [];
  if (!copy) throw new Error('nothing to copy');
  await perform(rig.activities.copyFiles, [rig.run, copy]);
  const gaveUp = [0, 1].map((number) => ({ number, reason: `no answer to ${number}` }));
  const { tally, failures } = await perform(rig.activities.sealPage, [rig.run, 0, gaveUp]);
  expect(tally).toEqual({ ...emptyTally, files: 1, bytes: 1, uploaded: 1, uploadedBytes: 1, failed: 2 });
  expect(failures).toEqual([
    { path: 'b', outcome: 'failed', reason: 'no answer to 1' },
    { path: 'c', outcome: 'failed', reason: 'its copy left no outcome' },
  ]);
  expect((await shardOf(rig, 0)).map(({ path, outcome }) => [path, outcome])).toEqual([
    ['a', 'uploaded'],
    ['b', 'failed'],
    ['c', 'failed'],
  ]);
});

test('of many failures the first hundred are told, with reasons of bounded length, and the shard has them all', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`f${1000 + i}`, 1])));
  await listAll(rig);
  const gaveUp = [{ number: 0, reason: 'x'.repeat(10_000) }];
  const { tally, failures } = await perform(rig.activities.sealPage, [rig.run, 0, gaveUp]);
  expect(tally.failed).toBe(130);
  expect(failures.map(({ path }) => path)).toEqual(Array.from({ length: 100 }, (_, i) => `f${1000 + i}`));
  expect(new Set(failures.map(({ reason }) => reason))).toEqual(new Set(['x'.repeat(300)]));
  expect(await shardOf(rig, 0)).toHaveLength(130);
});

test('sealing a page again gives the same shard and result', async () => {
  const rig = await openRig();
  await mixedTree(rig.root);
  await copyAll(rig, await listAll(rig));
  const first = await perform(rig.activities.sealPage, [rig.run, 0, []]);
  const bytes = await blobBytes(rig, runLayout(rig.run).shard(0));
  expect(await perform(rig.activities.sealPage, [rig.run, 0, []], { attempt: 2 })).toEqual(first);
  expect(await blobBytes(rig, runLayout(rig.run).shard(0))).toEqual(bytes);
});
