import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { findEmbeddedData } from '../../../src/embedded/data-dir.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { openRig, perform } from '../../activities/rig.ts';
import { backUpWhole } from '../../activities/backup/whole-run.ts';
import { select } from './rig.ts';

/** A tree with the data of embedded servers in it. */
async function treeWithData(): Promise<{ root: string; embeddedData: () => Promise<string | undefined> }> {
  const root = await realpath(await temporaryDirectory());
  await writeTree(root, { a: 1, '.data/stack/state': 1, '.data/azurite/blobs/x': 1, '.data2/y': 1, 'sub/.data/z': 1 });
  return { root, embeddedData: () => findEmbeddedData(join(root, '.data')) };
}

test('the data of the embedded servers are left out wherever the root is above them, and that is told', async () => {
  const { root, embeddedData } = await treeWithData();
  const { keys, whys, excluded } = await select(root, undefined, { embeddedData });
  expect(keys).toEqual(['.data/', '.data2/', '.data2/y', 'a', 'sub/', 'sub/.data/', 'sub/.data/z']);
  expect(whys).toEqual({ '.data/*': { by: 'own-data' } });
  expect(excluded).toBe(1);
  // No filter brings them back.
  const included = await select(root, { include: ['.data'] }, { embeddedData });
  expect(included.files).toEqual(['sub/.data/z']);
});

test('no symlink leads into them', async () => {
  const { root, embeddedData } = await treeWithData();
  await symlink('.data', join(root, 'to-data'));
  await symlink('.data/azurite', join(root, 'to-blobs'));
  await symlink('.data/azurite/blobs/x', join(root, 'to-blob'));
  const { files, whys } = await select(root, { followSymlinks: true }, { embeddedData });
  expect(files).toEqual(['.data2/y', 'a', 'sub/.data/z']);
  const why = { by: 'own-data' };
  expect(whys).toEqual({ '.data/*': why, 'to-blob': why, 'to-blobs/*': why, 'to-data/*': why });
});

test('where no servers were ever started, a folder of that name is one like any other', async () => {
  const root = await realpath(await temporaryDirectory());
  await writeTree(root, { '.data/x': 1 });
  expect(await findEmbeddedData(join(root, '.data'))).toBeUndefined();
  expect(await findEmbeddedData(join(root, 'absent'))).toBeUndefined();
  const found = await select(root, undefined, { embeddedData: () => findEmbeddedData(join(root, '.data')) });
  expect(found.files).toEqual(['.data/x']);
});

test('a root in them is refused before anything is done', async () => {
  const { root, embeddedData } = await treeWithData();
  await symlink(join(root, '.data'), join(root, 'link'));
  const rig = await openRig();
  const { openRun, previewBackup } = createActivities({ ...rig.deps, roots: [root], embeddedData });
  for (const name of ['.data', '.data/azurite', 'link']) {
    const input = { root: join(root, name) };
    const refused = {
      type: 'InvalidInput',
      message: expect.stringContaining(`root: ${input.root} is in ${root}/.data`),
    };
    await expect(perform(openRun, [input, '2026-01-02T03:04:05.678Z'])).rejects.toMatchObject(refused);
    await expect(perform(previewBackup, [input])).rejects.toMatchObject(refused);
  }
  expect(await Array.fromAsync(rig.container.listBlobsFlat())).toEqual([]);
});

test('a run counts them among what was left out', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, '.data/x': 1 });
  await mkdir(join(rig.root, '.data/stack'));
  const deps = { ...rig.deps, embeddedData: () => findEmbeddedData(join(rig.root, '.data')) };
  const { tally, outcomes } = await backUpWhole({ ...rig, deps, activities: createActivities(deps) });
  expect(tally).toMatchObject({ files: 1, excluded: 1 });
  expect(outcomes).toEqual({ '.data': 'recorded', a: 'uploaded' });
});
