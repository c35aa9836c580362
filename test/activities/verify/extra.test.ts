import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { jobLayout, runLayout } from '../../../src/storage/run-layout.ts';
import { content, writeTree } from '../../support/tree.ts';
import { blobNames, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { backUpRun, ledger, listPages, open, outcomes, verify } from './rig.ts';

const laterRun = '20260103T030405Z-0123abcd';

async function put({ container }: Rig, name: string, size = 5): Promise<void> {
  await container.getBlockBlobClient(name).upload(content(size), size);
}

test('blobs below the root that no run refers to are reported with their names, and are no failure', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, 'd/b': 1 });
  await backUpRun(rig);
  const strangers = ['0', 'a!', 'd/b/c', 'zz', `d/looks~${'0'.repeat(32)}`].map((path) => nameOf(rig, path));
  for (const name of [...strangers, 'elsewhere', `${rig.root.slice(1)}-beside/a`]) await put(rig, name);
  const { tally, report, rows } = await verify(rig);
  expect(tally).toMatchObject({ files: 2, bytes: 2, intact: 2, extra: 5, failed: 0 });
  expect(report.complete).toBe(true);
  expect(report.shards.map(({ entries, first }) => [entries, first])).toEqual([
    [2, 'a'],
    [5, ''],
  ]);
  const extra = rows.filter(({ outcome }) => outcome === 'extra');
  expect(extra.map(({ path }) => path).toSorted()).toEqual(strangers.toSorted());
  expect(extra[0]).toMatchObject({
    kind: 'file',
    path: nameOf(rig, '0'),
    blob: nameOf(rig, '0'),
    size: 5,
    attempts: 0,
  });
  expect(extra.map(({ path }) => path).slice(0, 4)).toEqual(strangers.slice(0, 4));
});

test('a blob that any run with a manifest refers to is not extra, whichever run is verified', async () => {
  const rig = await openRig({ pageEntries: 2 });
  const long = `${'l'.repeat(200)}/`.repeat(5) + 'x'.repeat(100);
  const files = ['a', 'd/b', 'd/c', 'd/e', 'f', long];
  await writeTree(rig.root, Object.fromEntries(files.map((name) => [name, 3])));
  await backUpRun(rig);
  for (const gone of ['a', 'd', long]) await rm(join(rig.root, gone), { recursive: true });
  await writeTree(rig.root, { new: 1 });
  await backUpRun(rig, laterRun);
  expect((await verify(rig, { run: laterRun })).tally).toMatchObject({ files: 2, extra: 0 });
  expect((await verify(rig)).tally).toMatchObject({ files: 6, extra: 0 });

  await rig.container.deleteBlob(runLayout(rig.run).manifest);
  const { rows } = await verify(rig, { run: laterRun });
  const extra = rows.filter(({ outcome }) => outcome === 'extra').map(({ path }) => path);
  const kept = new Set(['f', 'new'].map((path) => nameOf(rig, path)));
  expect(extra.toSorted()).toEqual((await blobNames(rig)).filter((name) => !kept.has(name)).toSorted());
  expect(extra).toHaveLength(5);
});

test('runs of roots above and below the verified one are asked too', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'site/a': 1, 'site/deep/b': 1, outside: 1 });
  await backUpRun(rig);
  for (const [i, path] of ['site', 'site/deep'].entries()) {
    const root = join(rig.root, path);
    await backUpRun({ ...rig, root, run: { ...rig.run, root } }, `2026010${i + 3}T030405Z-0123abcd`);
  }
  await put(rig, nameOf(rig, 'site/deep/extra'));
  for (const run of [rig.run.id, '20260103T030405Z-0123abcd', '20260104T030405Z-0123abcd']) {
    const { rows } = await verify(rig, { run });
    const extra = rows.filter(({ outcome }) => outcome === 'extra').map(({ path }) => path);
    expect(extra).toEqual([nameOf(rig, 'site/deep/extra')]);
  }
});

test('what the service keeps for itself is not extra, even when the whole container is below the root', async () => {
  const rig = await openRig();
  await mkdir(join(rig.root, 'empty'));
  const run = { ...rig.run, root: '/' };
  const { activities } = rig;
  const deps = { ...rig.deps, roots: ['/'] };
  const atTop = { ...rig, run, deps, activities: { ...createActivities(deps), listFiles: activities.listFiles } };
  await perform(activities.listFiles, [rig.run, 0]);
  await perform(activities.sealPage, [run, 0, []]);
  await perform(activities.commitRun, [run, { startedAt: '2026-01-02T03:04:05Z', finishedAt: '2026-01-02T03:04:06Z' }]);
  await put(rig, 'top');
  expect(outcomes(await verify(atTop))).toEqual({ top: 'extra' });
});

test('a blob is not called extra while a run cannot be read that may refer to it', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await backUpRun(rig);
  await backUpRun(rig, laterRun);
  await put(rig, nameOf(rig, 'extra'));
  expect((await verify(rig, { run: laterRun })).tally.extra).toBe(1);
  const shard = rig.container.getBlockBlobClient(runLayout(rig.run).shard(0));
  await shard.upload('damaged', 7);
  expect((await verify(rig, { run: laterRun })).tally).toMatchObject({ intact: 1, extra: 0 });
  await shard.deleteIfExists();
  await rig.container.getBlockBlobClient(runLayout(rig.run).manifest).upload('{', 1);
  expect((await verify(rig, { run: laterRun })).tally).toMatchObject({ intact: 1, extra: 0 });
});

test('a sample or a subset does not look for extra blobs', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await backUpRun(rig);
  await put(rig, nameOf(rig, 'extra'));
  for (const part of [{ sample: 1 }, { subset: { number: 1, of: 1 } }]) {
    expect((await verify(rig, { deep: true, ...part })).tally).toMatchObject({ intact: 1, extra: 0 });
  }
  expect((await verify(rig, { deep: true })).tally).toMatchObject({ intact: 1, extra: 1 });
});

test('a second attempt replaces what the first found extra', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await backUpRun(rig);
  await put(rig, nameOf(rig, 'extra'));
  const verification = await open(rig);
  await listPages(rig, verification);
  expect(await ledger(rig, verification)).toHaveLength(1);
  await rig.container.deleteBlob(nameOf(rig, 'extra'));
  await listPages(rig, verification);
  expect(await ledger(rig, verification)).toEqual([]);
  const shards = await Array.fromAsync(
    rig.container.listBlobsFlat({ prefix: jobLayout('verifications', verification).shards }),
  );
  expect(shards).toHaveLength(1);
});
