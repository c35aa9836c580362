import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { leftoversIn } from '../../support/leftovers.ts';
import { backUp, blobNames, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { backUpAs, forget, openPrune, pruneAll, runId, sweepAll } from './rig.ts';

/** As a backup writes it with each file. */
const ofRun = (run: string) => ({ metadata: { sha256: 'a'.repeat(64), mtime: '1', mode: '33188', run } });

async function put({ container }: Rig, name: string, run: string): Promise<void> {
  await container.getBlockBlobClient(name).upload('content', 7, ofRun(run));
}

test('what outlives the run that wrote it by many prunes goes as soon as no run needs it', async () => {
  const rig = await openRig();
  const days = [1, 2, 3, 4];
  await backUpAs(rig, 0, Object.fromEntries(days.map((day) => [`file${day}`, 100 + day])));
  for (const day of days) {
    await rm(join(rig.root, `file${day}`));
    await backUpAs(rig, day);
    await forget(rig, runId(day - 1));
    expect((await pruneAll(rig)).swept, `day ${day}`).toMatchObject({ deleted: 1, deletedBytes: 100 + day });
    expect(await leftoversIn(rig.container.containerName, [runId(day)])).toMatchObject({ files: [], data: [] });
  }
  expect(await blobNames(rig)).toEqual([]);
});

test('what an earlier version left behind, of runs that nothing tells of any more, goes', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { a: 10 });
  await put(rig, nameOf(rig, 'left'), runId(7));
  await put(rig, nameOf(rig, 'a'), runId(8));
  await backUpAs(rig, 2, { a: 20 });
  await forget(rig, runId(1));
  expect((await pruneAll(rig, { dryRun: true })).report).toMatchObject({ deleted: 2, deletedBytes: 14 });
  expect((await pruneAll(rig)).swept).toMatchObject({ deleted: 2, deletedBytes: 14 });
  expect(await leftoversIn(rig.container.containerName, [runId(2)])).toMatchObject({
    files: [],
    data: [],
    missing: [],
  });
});

test('what names no run of ours as its writer is not ours', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { a: 10 });
  await put(rig, 'theirs', 'nightly-7');
  await put(rig, 'theirs too', '');
  expect((await pruneAll(rig)).marked.tally).toMatchObject({ kept: 1, foreign: 2 });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'a'), 'theirs', 'theirs too'].toSorted());
});

test('where blobs alone are left, and nothing of any run, they stay', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { a: 10, b: 20 });
  for await (const { name } of rig.container.listBlobsFlat({ prefix: '.durable-backup/' })) {
    await rig.container.getBlobClient(name).delete();
  }
  expect((await pruneAll(rig)).marked.tally).toMatchObject({ deleted: 0, kept: 2, keptBytes: 30 });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'a'), nameOf(rig, 'b')]);
});

test.each([
  ['the same prefix', 'hosts/'],
  ['a prefix below', 'hosts/web-2/'],
  ['a prefix above', ''],
])('what a first backup below %s writes once the plan is made stays', async (_, prefix) => {
  const rig = await openRig();
  const pruned = withPrefix(rig, 'hosts/');
  await backUpAs(pruned, 1, { a: 10 });
  const prune = await openPrune(pruned);
  await perform(pruned.activities.planPrune, [prune]);
  const other = withPrefix(rig, prefix);
  await backUp({ ...other, run: { ...other.run, id: runId(2), besidePrune: true } });
  // Whatever its root is, this lies below the pruned prefix.
  await put(rig, 'hosts/web-2/new', runId(2));
  await sweepAll(pruned, prune, await perform(pruned.activities.markPrune, [prune]));
  expect(await blobNames(rig)).toContain('hosts/web-2/new');
});

function withPrefix(rig: Rig, prefix: string): Rig {
  const deps = { ...rig.deps, prefix };
  return { ...rig, deps, run: { ...rig.run, prefix }, activities: createActivities(deps) };
}
