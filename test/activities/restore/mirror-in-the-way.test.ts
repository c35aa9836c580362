import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTree } from '../../support/tree.ts';
import { perform } from '../rig.ts';
import { backedUp, mirrored } from './mirror-rig.ts';
import { brief, listPages, mirror, open, restoreRun, seal } from './rig.ts';

test('what stands in the place of a file is not replaced where it holds what must stay, and nothing else is deleted', async () => {
  const rig = await backedUp({ a: 1, b: 1 }, { exclude: ['*.log'] });
  await writeTree(rig.target, { 'a/in/x.log': 1, 'a/in/y': 1, extra: 1 });
  expect(await mirrored(rig)).toEqual({
    a: 'failed: a directory is where a file belongs, and stays (holds a/in, which stays): move it away',
  });
  expect(await readdir(rig.target, { recursive: true })).toEqual(
    expect.arrayContaining(['a/in/x.log', 'a/in/y', 'b', 'extra']),
  );
});

test('a file that the run would leave out is not replaced by a folder', async () => {
  const rig = await backedUp({ 'd/in': 1, 'e/in': 1 }, { largerThan: 10 });
  await writeTree(rig.target, { d: 100, e: 5 });
  expect(await mirrored(rig)).toEqual({
    d: 'failed: a file is where a directory belongs, and stays (not part of the run: larger than 10 bytes): move it away',
    'd/in': 'failed: a folder on the way to it is no directory in the target',
  });
});

test('what was in a folder that gave way is told even when something else fails', async () => {
  const rig = await backedUp({ a: 1, z: 1 });
  await writeTree(rig.target, { 'a/1': 1, 'a/2': 1, 'a/3': 1, extra: 1 });
  rig.proxy.rule(({ path }) => (path.endsWith('/z') ? { status: 403, code: 'AuthorizationFailure' } : undefined));
  const { rows, tally } = await restoreRun(rig, mirror);
  expect(brief(rows)).toMatchObject({ 'a/1': 'deleted', 'a/2': 'deleted', 'a/3': 'deleted' });
  expect(tally).toMatchObject({ deleted: 3, failed: 1, undeleted: 0 });
  expect(await readdir(rig.target)).toContain('extra');
});

test('a folder that came in the way after the restore began is not replaced', async () => {
  const rig = await backedUp({ a: 1 });
  const restore = await open(rig, mirror);
  await writeTree(rig.target, { 'a/work of today': 1 });
  const pages = await listPages(rig, restore);
  const { rows } = await seal(rig, restore, pages);
  expect(brief(rows)).toEqual({
    a: 'failed: a directory is where a file belongs since the restore began: start it again',
  });
  expect(await readdir(join(rig.target, 'a'))).toEqual(['work of today']);
});

test('a file in the way of a folder gives way however many copies meet there', async () => {
  const names = Array.from({ length: 24 }, (_, i) => [`dir/in${i}`, 1] as const);
  const rig = await backedUp(Object.fromEntries(names));
  for (let i = 0; i < 12; i += 1) {
    await rm(rig.target, { recursive: true, force: true });
    await writeTree(rig.target, { dir: 1 });
    const restore = await open(rig, mirror);
    const pages = await listPages(rig, restore);
    const copies = pages.flatMap((page) => page.copies);
    expect(copies.length).toBeGreaterThan(20);
    await Promise.all(copies.map((copy) => perform(rig.activities.restoreFiles, [restore, copy])));
    expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 24, directories: 1, failed: 0 });
  }
});
