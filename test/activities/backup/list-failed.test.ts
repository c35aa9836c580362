import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeShard } from '../../../src/activities/paged/shard.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { readManifest } from '../../support/stored-run.ts';
import { writeTree } from '../../support/tree.ts';
import { copyAll, listAll, openRig, perform, type Rig } from '../rig.ts';

const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };

/** Backs up the tree and then makes the shard say that some of it had failed. */
async function failedRig(tree: Record<string, number>, failed: Record<string, Partial<ManifestEntry>>): Promise<Rig> {
  const rig = await openRig();
  await writeTree(rig.root, tree);
  await copyAll(rig, await listAll(rig));
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  const { manifest } = await perform(rig.activities.commitRun, [rig.run, times]);
  const { entries } = await readManifest(rig.container, manifest);
  const missing = Object.keys(failed);
  const isBelow = (path: string) => missing.some((name) => path.startsWith(`${name}/`));
  const rows = entries.filter(({ path }) => !isBelow(path)).map((entry) => ({ ...entry, ...failed[entry.path] }));
  await writeShard(rig.deps.store, runLayout(rig.run).shard(0), rows, {}, new AbortController().signal);
  return { ...rig, run: { ...rig.run, round: 1 } };
}

/** Takes up again what had failed and returns every entry of the run by its path. */
async function retry(rig: Rig, only?: 'busy'): Promise<{ copied: string[]; entries: ManifestEntry[] }> {
  const page = await perform(rig.activities.listFailed, only ? [rig.run, 0, only] : [rig.run, 0]);
  const outcomes = await copyAll(rig, [page]);
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  // An attempt after a lost answer must come to the same.
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  await rig.container.getBlobClient(runLayout(rig.run).manifest).deleteIfExists();
  const { manifest } = await perform(rig.activities.commitRun, [rig.run, times]);
  return { copied: [...outcomes.keys()].toSorted(), entries: (await readManifest(rig.container, manifest)).entries };
}

const failure = { outcome: 'failed', reason: 'EACCES: permission denied' } as const;
const summary = (entries: readonly ManifestEntry[]) => entries.map(({ path, outcome }) => `${path} ${outcome}`);

test('takes up exactly the failed and changed files, and the rest of the shard stays', async () => {
  const rig = await failedRig(
    { a: 1, b: 2, 'c/d': 3, e: 4 },
    { b: failure, 'c/d': { ...failure, outcome: 'changed' } },
  );
  await rm(join(rig.root, 'a'));
  const { copied, entries } = await retry(rig);
  expect(copied).toEqual(['b', 'c/d']);
  expect(summary(entries)).toEqual(['a uploaded', 'b adopted', 'c recorded', 'c/d adopted', 'e uploaded']);
});

test('a directory that could not be listed is listed again, with all that is below it, in its place', async () => {
  const tree = { 'sub-a': 1, 'sub/x': 2, 'sub/y/z': 3, subway: 4 };
  const rig = await failedRig(tree, { sub: failure });
  const { copied, entries } = await retry(rig);
  expect(copied).toEqual(['sub/x', 'sub/y/z']);
  expect(summary(entries)).toEqual([
    'sub-a uploaded',
    'sub recorded',
    'sub/x adopted',
    'sub/y recorded',
    'sub/y/z adopted',
    'subway uploaded',
  ]);
});

test('several directories of one folder, of another and of the root are listed again, each in its place', async () => {
  const tree = { 'p/a/x': 1, 'p/a-b': 2, 'p/c/y/z': 3, 'p/d': 4, 'p/e/w': 5, 'q/a/x': 6, 'q/b': 7, 'r/v': 8, s: 9 };
  const rig = await failedRig(tree, { 'p/a': failure, 'p/c': failure, 'p/d': failure, 'q/a': failure, r: failure });
  const { copied, entries } = await retry(rig);
  expect(copied).toEqual(['p/a/x', 'p/c/y/z', 'p/d', 'q/a/x', 'r/v']);
  expect(summary(entries)).toEqual([
    'p recorded',
    'p/a-b uploaded',
    'p/a recorded',
    'p/a/x adopted',
    'p/c recorded',
    'p/c/y recorded',
    'p/c/y/z adopted',
    'p/d adopted',
    'p/e recorded',
    'p/e/w uploaded',
    'q recorded',
    'q/a recorded',
    'q/a/x adopted',
    'q/b uploaded',
    'r recorded',
    'r/v adopted',
    's uploaded',
  ]);
});

test('what had failed and is gone by now is no longer part of the run', async () => {
  const rig = await failedRig({ a: 1, 'gone/x': 2, lost: 3 }, { gone: failure, lost: failure });
  await rm(join(rig.root, 'gone'), { recursive: true });
  await rm(join(rig.root, 'lost'));
  const { entries } = await retry(rig);
  expect(summary(entries)).toEqual(['a uploaded', 'lost skipped']);
});

test('what could not be listed and has become something else is what it is now', async () => {
  const rig = await failedRig({ a: 1, 'was-folder/x': 2 }, { 'was-folder': failure });
  await rm(join(rig.root, 'was-folder'), { recursive: true });
  await writeFile(join(rig.root, 'was-folder'), 'a file');
  await symlink('a', join(rig.root, 'new-link'));
  await mkdir(join(rig.root, 'new-folder'));
  const { copied, entries } = await retry(rig);
  expect(copied).toEqual(['was-folder']);
  expect(summary(entries)).toEqual(['a uploaded', 'was-folder uploaded']);
});

test('a round for busy files takes up those alone, and what failed otherwise stays failed until a round for all', async () => {
  const busy = { ...failure, busy: true } as const;
  const rig = await failedRig(
    { a: 1, b: 2, c: 3, 'shut/x': 4 },
    { b: busy, c: { ...busy, outcome: 'changed' }, a: failure, shut: failure },
  );
  const first = await retry(rig, 'busy');
  expect(first.copied).toEqual(['b', 'c']);
  expect(summary(first.entries)).toEqual(['a failed', 'b adopted', 'c adopted', 'shut failed']);
  expect(first.entries.filter((entry) => entry.busy)).toEqual([]);
  const second = await retry({ ...rig, run: { ...rig.run, round: 2 } });
  expect(second.copied).toEqual(['a', 'shut/x']);
  const held = ['a adopted', 'b adopted', 'c adopted', 'shut recorded', 'shut/x adopted'];
  expect(summary(second.entries)).toEqual(held);
});
