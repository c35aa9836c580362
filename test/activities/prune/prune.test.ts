import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { leftoversIn, versionsIn } from '../../support/leftovers.ts';
import { writeTree } from '../../support/tree.ts';
import { backUp, blobNames, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { verify } from '../verify/rig.ts';
import { backUpAs, forget, openPrune, pruneAll, runId } from './rig.ts';

async function expectLeft(rig: Rig, ...runs: readonly string[]): Promise<void> {
  const { neededBytes, storedBytes, ...left } = await leftoversIn(rig.container.containerName, runs);
  expect(left).toEqual({ files: [], data: [], missing: [] });
  expect(storedBytes).toBeGreaterThanOrEqual(neededBytes);
}

/** Three runs: `changing` has another content in each, `second` is in the second alone, `same` in all. */
async function threeRuns(rig: Rig): Promise<void> {
  await backUpAs(rig, 1, { 'a/changing': 100, 'b/same': 50, gone: 70 });
  await rm(join(rig.root, 'gone'));
  await backUpAs(rig, 2, { 'a/changing': 200, 'a/second': 1000 });
  await rm(join(rig.root, 'a/second'));
  await backUpAs(rig, 3, { 'a/changing': 300 });
}

test('what a forgotten run alone refers to is deleted, and what the others need stays', async () => {
  const rig = await openRig();
  await threeRuns(rig);
  await forget(rig, runId(2));
  const { plan, swept, report, marked } = await pruneAll(rig);
  expect(plan).toEqual({ keptRuns: 2, forgottenRuns: 1, unfinishedRuns: 0 });
  // The snapshot of `changing` with 200 bytes, and `second`.
  expect(swept).toMatchObject({ deleted: 2, deletedBytes: 1200, changed: 0 });
  expect(marked.tally).toMatchObject({ kept: 4, keptBytes: 100 + 300 + 50 + 70, foreign: 0 });
  expect(report).toMatchObject({
    deleted: 2,
    deletedBytes: 1200,
    kept: 4,
    keptRuns: 2,
    forgottenRuns: 1,
    complete: true,
  });
  expect(await blobNames(rig)).not.toContain(nameOf(rig, 'a/second'));
  await expectLeft(rig, runId(1), runId(3));
  for (const run of [runId(1), runId(3)]) {
    expect((await verify(rig, { run, deep: true })).tally).toMatchObject({
      files: run === runId(1) ? 3 : 2,
      missing: 0,
      failed: 0,
    });
  }
});

test('with nothing forgotten only what jobs wrote for themselves goes, and a second prune finds nothing', async () => {
  const rig = await openRig();
  await threeRuns(rig);
  const first = await pruneAll(rig);
  expect(first.swept).toMatchObject({ deleted: 0, changed: 0 });
  expect(first.swept.data).toBeGreaterThan(0);
  const second = await pruneAll(rig);
  expect(second.swept).toMatchObject({ deleted: 0, data: 0, changed: 0 });
  await expectLeft(rig, runId(1), runId(2), runId(3));
});

test('a dry run deletes nothing and counts what a prune then deletes', async () => {
  const rig = await openRig();
  await threeRuns(rig);
  await forget(rig, runId(1), runId(2));
  const before = await versionsIn(rig.container);
  const dry = await pruneAll(rig, { dryRun: true });
  expect(dry.marked.pages).toBe(0);
  const after = await versionsIn(rig.container);
  const added = after.filter(({ name }) => !before.some((other) => other.name === name)).map(({ name }) => name);
  expect(added).toEqual([`.durable-backup/@/prunes/${dry.prune.id}/report.json`]);
  expect(after).toEqual(expect.arrayContaining(before));
  const real = await pruneAll(rig);
  for (const name of ['deleted', 'deletedBytes', 'data', 'kept', 'keptBytes'] as const) {
    expect(real.report[name], name).toBe(dry.report[name]);
  }
  expect(real.report.deleted).toBe(4);
  await expectLeft(rig, runId(3));
});

test('a run that ended without a manifest goes with all that it left', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { a: 10 });
  await writeTree(rig.root, { a: 20, b: 30 });
  await backUp({ ...rig, run: { ...rig.run, id: runId(2) } });
  expect(await blobNames(rig)).toContain(nameOf(rig, 'b'));
  const { plan, swept } = await pruneAll(rig);
  expect(plan).toEqual({ keptRuns: 1, forgottenRuns: 0, unfinishedRuns: 1 });
  // `b`; the blob `a` holds the snapshot that the first run needs.
  expect(swept).toMatchObject({ deleted: 1, deletedBytes: 30 });
  await expectLeft(rig, runId(1));
  expect((await verify(rig, { run: runId(1), deep: true })).tally).toMatchObject({ intact: 1, failed: 0 });
});

test('what no backup wrote stays, also in place of what one wrote', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { mine: 10, taken: 20 });
  const { container } = rig;
  await container.getBlockBlobClient(nameOf(rig, 'notes.txt')).upload('theirs', 6);
  await container.getBlockBlobClient(nameOf(rig, 'taken')).upload('theirs too', 10);
  await container.getBlockBlobClient('elsewhere').upload('x', 1, { metadata: { sha256: 'not ours' } });
  await forget(rig, runId(1));
  const { swept, marked } = await pruneAll(rig);
  expect(swept).toMatchObject({ deleted: 1, deletedBytes: 10 });
  expect(marked.tally).toMatchObject({ foreign: 3, foreignBytes: 17 });
  expect((await blobNames(rig)).toSorted()).toEqual(
    ['elsewhere', nameOf(rig, 'notes.txt'), nameOf(rig, 'taken')].toSorted(),
  );
});

test('what storage keeps from being deleted is counted and stops nothing, and goes with a prune after that', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { leased: 10, other: 20 });
  await backUpAs(rig, 2, { leased: 30, more: 5 });
  await forget(rig, runId(1), runId(2));
  const lease = rig.container.getBlobClient(nameOf(rig, 'leased')).getBlobLeaseClient();
  await lease.acquireLease(-1);
  const { swept } = await pruneAll(rig);
  // The snapshot that the first run needed is not under the lease.
  expect(swept).toMatchObject({ deleted: 3, deletedBytes: 35, locked: 1, lockedBytes: 30, changed: 0 });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'leased')]);
  await lease.releaseLease();
  expect((await pruneAll(rig)).swept).toMatchObject({ deleted: 1, deletedBytes: 30, locked: 0 });
  await expectLeft(rig);
});

test('names that do not tell their paths are looked for in all of a run', async () => {
  const rig = await openRig();
  const long = `${'directory/'.repeat(90)}${'n'.repeat(200)}`;
  await backUpAs(rig, 1, { [`${long}1`]: 10, [`${long}2`]: 20, plain: 5 });
  await rm(join(rig.root, `${long}2`));
  await backUpAs(rig, 2);
  await forget(rig, runId(1));
  const { swept } = await pruneAll(rig);
  expect(swept).toMatchObject({ deleted: 1, deletedBytes: 20 });
  await expectLeft(rig, runId(2));
});

test('pages and batches end anywhere', async () => {
  const rig = await openRig({ pageEntries: 3 });
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i % 3}/f${i}`, 100 + i]));
  await backUpAs(rig, 1, files);
  await backUpAs(rig, 2, Object.fromEntries(Object.keys(files).map((name) => [name, 7])));
  await forget(rig, runId(1));
  const { marked, swept } = await pruneAll(rig, { options: { pageEntries: 4 } });
  expect(marked.pages).toBeGreaterThan(1);
  expect(swept).toMatchObject({ deleted: 20, changed: 0 });
  await expectLeft(rig, runId(2));
});

test('the runs of another prefix are none of its business, wherever that prefix lies', async () => {
  const rig = await openRig();
  const below = withPrefix(rig, 'hosts/web-2/');
  await backUpAs(rig, 1, { a: 10 });
  await backUpAs(below, 1, { b: 20 });
  await forget(rig, runId(1));
  await pruneAll(rig);
  expect(await blobNames(rig)).toEqual([`hosts/web-2/${rig.root.slice(1)}/a`, `hosts/web-2/${rig.root.slice(1)}/b`]);
  expect((await verify(below, { run: runId(1), deep: true })).tally).toMatchObject({ intact: 2, failed: 0 });
  await forget(below, runId(1));
  await pruneAll(below);
  expect(await blobNames(rig)).toEqual([]);
});

test('a prefix is not pruned where the runs of another put blobs below it', async () => {
  const rig = await openRig();
  const [top = ''] = rig.root.slice(1).split('/');
  const inside = withPrefix(rig, `${top}/`);
  await backUpAs(rig, 1, { a: 10 });
  await backUpAs(inside, 2, { a: 20 });
  await forget(inside, runId(2));
  const before = await versionsIn(rig.container);
  await expect(pruneAll(inside)).rejects.toMatchObject({
    type: 'PruneRefused',
    message: expect.stringContaining(`backups of ${rig.root} below the prefix ""`),
  });
  expect((await versionsIn(rig.container)).filter(({ name }) => !name.endsWith('pruning.json'))).toEqual(before);
});

function withPrefix(rig: Rig, prefix: string): Rig {
  const deps = { ...rig.deps, prefix };
  return { ...rig, deps, run: { ...rig.run, prefix }, activities: createActivities(deps) };
}

test('a page that is swept twice is counted whole, and deletes nothing more', async () => {
  const rig = await openRig();
  await threeRuns(rig);
  await forget(rig, runId(2));
  const { prune, marked } = await halfway(rig);
  const first = await perform(rig.activities.sweepPrune, [prune, 0]);
  expect(marked.pages).toBe(1);
  expect(await perform(rig.activities.sweepPrune, [prune, 0])).toEqual(first);
  await expectLeftBut(rig, 'prunes/', runId(1), runId(3));
});

async function halfway(rig: Rig) {
  const prune = await openPrune(rig);
  await perform(rig.activities.planPrune, [prune]);
  return { prune, marked: await perform(rig.activities.markPrune, [prune]) };
}

async function expectLeftBut(rig: Rig, but: string, ...runs: readonly string[]): Promise<void> {
  const { files, missing, data } = await leftoversIn(rig.container.containerName, runs);
  expect({ files, missing }).toEqual({ files: [], missing: [] });
  expect(data.filter((name) => !name.includes(but) && !name.endsWith('/pruning.json'))).toEqual([]);
}
