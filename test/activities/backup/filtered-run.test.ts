import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../../../src/history/records/read-manifest.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { blobBytes, blobNames, listAll, nameOf, openRig, perform, copyAll } from '../rig.ts';
import { backUpWhole, finish, openWhole } from './whole-run.ts';

const signal = AbortSignal.timeout(60_000);

test('a run and its manifest tell their filters and how much was left out', async () => {
  const rig = await openRig({ pageEntries: 3 });
  await writeTree(rig.root, { 'a.log': 1, 'b/c.log': 1, 'b/d': 1, e: 1, f: 1, 'z.log': 1 });
  const filters = { exclude: ['*.log'] };
  const { run, pages, tally, entries } = await backUpWhole(rig, { filters });
  expect(run.filters).toEqual(filters);
  expect(pages.map(({ excluded }) => excluded)).toEqual([2, 1]);
  expect(tally).toMatchObject({ files: 3, excluded: 3 });
  expect([...entries.keys()]).toEqual(['b', 'b/d', 'e', 'f']);
  const stored = await readManifest(rig.deps.store, run, signal);
  expect(stored?.manifest).toMatchObject({ filters, excluded: 3, complete: true });
});

test('a run without filters tells none, and follows ignore files', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, b: 1 });
  const plain = await backUpWhole(rig);
  expect(plain.run).not.toHaveProperty('filters');
  expect(plain.tally).not.toHaveProperty('excluded');
  expect((await readManifest(rig.deps.store, plain.run, signal))?.manifest).not.toHaveProperty('filters');
  await writeFile(join(rig.root, '.backupignore'), 'b');
  const { outcomes, tally } = await backUpWhole(rig, { filters: {} });
  expect(outcomes).toEqual({ '.backupignore': 'uploaded', a: 'unchanged' });
  expect(tally.excluded).toBe(1);
});

test('what the last run held and is left out now is not in the run, and its blob stays as it is', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, 'd/b': 2 });
  const first = await backUpWhole(rig);
  const { outcomes } = await backUpWhole(rig, { filters: { exclude: ['d'] } });
  expect(outcomes).toEqual({ a: 'unchanged' });
  expect(await blobNames(rig)).toContain(nameOf(rig, 'd/b'));
  const third = await backUpWhole(rig);
  // The run before does not know it, so it is found in storage.
  expect(third.outcomes).toEqual({ a: 'unchanged', d: 'recorded', 'd/b': 'adopted' });
  expect(third.entries.get('d/b')?.etag).toBe(first.entries.get('d/b')?.etag);
});

test('globs that match nothing on any page are warned about', async () => {
  const rig = await openRig({ pageEntries: 1 });
  await writeTree(rig.root, { 'a/x.log': 1, 'b.tmp': 1, c: 1 });
  const filters = { include: ['a', 'c', 'void'], exclude: ['*.log', '*.none', 'a/*.log'] };
  const run = await openWhole(rig, { filters });
  const pages = await listAll({ ...rig, run });
  expect(pages.length).toBe(2);
  await finish({ ...rig, run }, pages);
  const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };
  const { warnings } = await perform(rig.activities.commitRun, [run, times]);
  expect(warnings).toEqual([
    'include "void" matches nothing in the tree',
    'exclude "*.none" matches nothing in the tree',
  ]);
});

test('an ignore file that cannot be used makes the run incomplete; once it can be, a later round obeys it', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'a/x': 1, 'a/y': 1, b: 1, 'c.log': 1 });
  await mkdir(join(rig.root, 'a/.backupignore'));
  const { run, pages, outcomes, tally } = await backUpWhole(rig, { filters: { exclude: ['*.log'] } });
  expect(outcomes).toEqual({ a: 'failed', b: 'uploaded' });
  expect(tally).toMatchObject({ failed: 1, excluded: 1 });
  await rm(join(rig.root, 'a/.backupignore'), { recursive: true });
  await writeFile(join(rig.root, 'a/.backupignore'), 'y');
  const later = { ...rig, run: { ...run, round: 1 } };
  const again = [await perform(rig.activities.listFailed, [later.run, pages[0]?.number ?? 0])];
  const second = await finish(later, again);
  expect(second.outcomes).toEqual({ a: 'recorded', 'a/.backupignore': 'uploaded', 'a/x': 'uploaded', b: 'uploaded' });
  expect(second.tally).toMatchObject({ failed: 0, files: 3, excluded: 1 });
});

test('what symlinks lead to is stored under the names of the links, and what leads out is a symlink with the reason', async () => {
  const rig = await openRig();
  const beside = await temporaryDirectory();
  await writeTree(beside, { secret: 10 });
  await writeTree(rig.root, { 'real/x': 3, 'site/y': 4 });
  await symlink('../real', join(rig.root, 'site/folder'));
  await symlink('../real/x', join(rig.root, 'site/file'));
  await symlink(join(beside, 'secret'), join(rig.root, 'site/out'));
  const root = join(rig.root, 'site');
  const { entries, outcomes } = await backUpWhole({ ...rig, root }, { root, filters: { followSymlinks: true } });
  expect(outcomes).toEqual({
    file: 'uploaded',
    folder: 'recorded',
    'folder/x': 'uploaded',
    out: 'recorded',
    y: 'uploaded',
  });
  expect(entries.get('folder')?.kind).toBe('directory');
  expect(entries.get('out')).toMatchObject({ kind: 'symlink', target: join(beside, 'secret') });
  expect(entries.get('out')?.reason).toMatch(/^not followed: it leads to .*, outside the directories/u);
  expect((await blobBytes(rig, nameOf(rig, 'site/folder/x'))).length).toBe(3);
  const second = await backUpWhole({ ...rig, root }, { root, filters: { followSymlinks: true } });
  expect(second.outcomes).toMatchObject({ file: 'unchanged', 'folder/x': 'unchanged' });
});

test('a link that leads out by the time it is copied fails, and nothing of what it leads to is stored', async () => {
  const rig = await openRig();
  const beside = await temporaryDirectory();
  await writeTree(beside, { secret: 10 });
  await writeTree(rig.root, { 'real/secret': 3 });
  await symlink('real', join(rig.root, 'folder'));
  await symlink('real/secret', join(rig.root, 'file'));
  const run = { ...rig.run, filters: { followSymlinks: true } };
  const pages = await listAll({ ...rig, run });
  await rm(join(rig.root, 'folder'));
  await rm(join(rig.root, 'file'));
  await symlink(beside, join(rig.root, 'folder'));
  await symlink(join(beside, 'secret'), join(rig.root, 'file'));
  const outcomes = await copyAll({ ...rig, run }, pages);
  expect(outcomes.get('folder/secret')).toMatchObject({ outcome: 'failed' });
  expect(outcomes.get('file')?.reason).toContain('outside the directories that the worker may read');
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'real/secret')]);
});

test('wrong filters are refused by name, and nothing is written', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  const opening = openWhole(rig, { filters: { exclude: ['ok', '../x'], largerThan: -1 } });
  await expect(opening).rejects.toMatchObject({
    type: 'InvalidInput',
    nonRetryable: true,
    message: expect.stringMatching(/^filters\.exclude\.1: is not relative.*; filters\.largerThan: /u) as string,
  });
  expect(await Array.fromAsync(rig.container.listBlobsFlat())).toEqual([]);
});
