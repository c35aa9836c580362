import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Filters } from '../../../src/contracts/filters.ts';
import { attributesOf } from '../../../src/files/stat.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpRun } from '../verify/rig.ts';
import { backedUp, editManifest, mirrored, strip } from './mirror-rig.ts';
import { brief, mirror, open, openRestoreRig, restoreRun } from './rig.ts';

test('a run of an earlier version is mirrored only where its filters tell all that it left out, or with force', async () => {
  const tree = { a: 1, 'x.log': 1 };
  const target = { 'y.log': 1, extra: 1 };
  const expected = { 'y.log': 'kept: not part of the run: excluded by *.log', extra: 'deleted' };
  const byNames = await backedUp(tree, { exclude: ['*.log'], ignoreFiles: false });
  await strip(byNames);
  await writeTree(byNames.target, target);
  expect(await mirrored(byNames)).toEqual(expected);

  const unsure = await backedUp(tree, { exclude: ['*.log'] });
  await strip(unsure);
  await writeTree(unsure.target, target);
  const opening = open(unsure, { delete: true });
  await expect(opening).rejects.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
  await expect(opening).rejects.toThrow(`delete: run ${unsure.run.id} is of an earlier version`);
  expect(await readdir(unsure.target)).toEqual(['extra', 'y.log']);
  expect(await mirrored(unsure)).toEqual(expected);
});

test('a run of which an earlier version listed a page does not tell what it left out', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 1, big: 100 });
  const run = { ...rig.run, filters: { largerThan: 10 } };
  const { size, mtimeNs, ctimeNs, mode } = attributesOf(await lstat(join(rig.root, 'a'), { bigint: true }));
  const line = `${JSON.stringify({ path: 'a', kind: 'file', size, mtimeNs, ctimeNs, mode, copy: 0 })}\n`;
  const page = rig.container.getBlockBlobClient(runLayout(run).page(0));
  await page.upload(line, line.length, { metadata: { last: 'true', excluded: '1' } });
  const filtered = { ...rig, run };
  await backUpRun(filtered);
  await writeTree(rig.target, { big: 1 });
  await expect(open(filtered, { delete: true, force: true, dryRun: true })).resolves.toBeDefined();
  await expect(open(filtered, { delete: true })).rejects.toThrow('did not write down what it left out');
});

test.each<Filters>([{ largerThan: 5 }, { excludeIfPresent: ['a'] }, { excludeCaches: true }, { oneFileSystem: true }])(
  'a run of an earlier version that looked at more than names (%j) is no mirror by itself',
  async (filters) => {
    const rig = await backedUp({ a: 1 }, { ...filters, ignoreFiles: false });
    await strip(rig);
    await expect(open(rig, { delete: true })).rejects.toThrow('did not write down what it left out');
    expect(await open(rig)).toMatchObject({ delete: false });
  },
);

test('a folder that a marker held by a run of an earlier version marks stays with force', async () => {
  const rig = await backedUp({ 'd/.skip': 1, 'd/x': 1 }, { excludeIfPresent: ['.skip'] });
  await strip(rig);
  await writeTree(rig.target, { 'd/y': 1, 'e/y': 1 });
  expect(await mirrored(rig)).toEqual({
    'd/y': 'kept: not part of the run: there is d/.skip',
    e: 'deleted',
    'e/y': 'deleted',
  });
});

test('a mirror into a directory full of other things asks for force, and a dry run says so', async () => {
  const rig = await backedUp({ a: 1 });
  await writeTree(rig.target, { 'other/thing': 1 });
  const opening = open(rig, { delete: true });
  await expect(opening).rejects.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
  await expect(opening).rejects.toThrow(`delete: ${rig.target} is not empty, and nothing of ${rig.root} was restored`);
  expect(await readdir(rig.target)).toEqual(['other']);
  const dry = await restoreRun(rig, { delete: true, dryRun: true });
  expect(dry.restore.needsForce).toBe(true);
  expect(brief(dry.rows)).toEqual({ a: 'restored', other: 'deleted', 'other/thing': 'deleted' });
  const forced = await restoreRun(rig, mirror);
  expect(forced.restore).not.toHaveProperty('needsForce');
  expect(brief(forced.rows)).toEqual(brief(dry.rows));
  // It is known from then on, and by nothing in the target.
  await writeTree(rig.target, { extra: 1 });
  expect(brief((await restoreRun(rig, { delete: true })).rows)).toEqual({ a: 'unchanged', extra: 'deleted' });
  expect(await readdir(rig.target)).toEqual(['a']);
});

test.each([
  ['the directory that was backed up', {}, true],
  ['an empty one', { empty: true }, true],
  ['one that the whole was restored into', { before: {} }, true],
  ['one that a few paths were restored into', { before: { paths: ['a'] } }, false],
  ['one that a few paths were mirrored into', { before: { ...mirror, paths: ['a'] } }, false],
  ['one that only a dry run was about', { before: { dryRun: true } }, false],
])('a mirror into %s', async (_place, { empty = false, before }: { empty?: boolean; before?: object }, isOwn) => {
  const rig = await backedUp({ a: 1 });
  const target = empty || before ? rig.target : rig.root;
  if (before) {
    await writeTree(target, { other: 1 });
    await restoreRun(rig, { target, ...before });
  } else if (empty) await mkdir(target);
  else await writeTree(target, { other: 1 });
  const answer = await open(rig, { target, delete: true }).then(
    () => 'goes on',
    (error: unknown) => String(error),
  );
  expect(answer).toMatch(isOwn ? /^goes on$/u : / is not empty, /u);
});

test('a directory of the same name on another host is not the one that was backed up', async () => {
  const rig = await backedUp({ a: 1 });
  await editManifest(rig, (manifest) => ({ ...manifest, host: 'web-2' }));
  await expect(open(rig, { target: rig.root, delete: true })).rejects.toThrow('is not empty');
});
