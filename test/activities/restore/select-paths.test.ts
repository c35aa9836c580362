import { randomUUID } from 'node:crypto';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSelection, normalizePaths } from '../../../src/activities/restore/plan/select-paths.ts';
import { displayPath, encodePath } from '../../../src/contracts/encoded-path.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpRun } from '../verify/rig.ts';
import { brief, openRestoreRig, restoreRun, snapshotOf } from './rig.ts';

const tree = ['a', 'a/b.txt', 'a/c/d.txt', 'a/c/new\nline.txt', 'a-b', '.hidden/x.txt', '[1]', '!x', '50%', 'b.txt'];

test.each([
  [['a'], ['a', 'a/b.txt', 'a/c/d.txt', 'a/c/new\nline.txt']],
  [['a/c/d.txt'], ['a/c/d.txt']],
  [['a/*'], ['a/b.txt', 'a/c/d.txt', 'a/c/new\nline.txt']],
  [['*.txt'], ['a/b.txt', 'a/c/d.txt', 'a/c/new\nline.txt', '.hidden/x.txt', 'b.txt']],
  [['/*.txt'], ['b.txt']],
  [['b.txt'], ['a/b.txt', 'b.txt']],
  [['/b.txt'], ['b.txt']],
  [['c/'], ['a/c/d.txt', 'a/c/new\nline.txt']],
  [['b.txt/', 'c/d.txt'], []],
  [['**/*.txt'], ['a/b.txt', 'a/c/d.txt', 'a/c/new\nline.txt', '.hidden/x.txt', 'b.txt']],
  [
    ['a/{b,x}.txt', '.*'],
    ['a/b.txt', '.hidden/x.txt'],
  ],
  [['?.txt'], ['a/b.txt', 'a/c/d.txt', '.hidden/x.txt', 'b.txt']],
  [['[1]'], ['[1]']],
  [['[!a-z]*'], ['.hidden/x.txt', '[1]', '!x', '50%']],
  [['!x'], ['!x']],
  [['50%'], ['50%']],
  [['50%25'], ['50%']],
  [['nothing'], []],
])('%j selects %j', (paths, selected) => {
  const { selects } = createSelection({ paths });
  expect(tree.filter((path) => selects(encodePath(Buffer.from(path)), path === 'a'))).toEqual(selected);
});

test('paths are compared without what does not matter in them', () => {
  expect(normalizePaths(['./a/b/', '././c', 'd//'])).toEqual(['/a/b/', '/c', 'd/']);
  expect(normalizePaths(undefined)).toBeUndefined();
});

test.each(['', '.', './', '/', '//etc', 'a/../b', '..', 'a//b', 'a/./b', 'a\0'])(
  'the path %j is refused by name',
  (path) => {
    expect(() => normalizePaths(['ok', path])).toThrow(
      expect.objectContaining({ type: 'InvalidInput', message: expect.stringContaining('paths: ') }),
    );
  },
);

test('what is asked for comes back with the folders on the way to it, and those that are there stay as they are', async () => {
  const rig = await openRestoreRig({ pageEntries: 2 });
  await writeTree(rig.root, { 'a/b/c/one': 1, 'a/b/two': 2, 'a/three': 3, 'x/y/four.log': 4, five: 5 });
  for (const folder of ['a/b/c', 'a/b', 'a', 'x/y', 'x']) await utimes(join(rig.root, folder), 1000, 1000);
  await backUpRun(rig);
  await writeTree(rig.target, { 'a/mine': 1 });
  await utimes(join(rig.target, 'a'), 2000, 2000);
  const { rows, tally } = await restoreRun(rig, { paths: ['a/b/c', '**/*.log'] });
  expect(brief(rows)).toEqual({
    'a/b': 'restored',
    'a/b/c': 'restored',
    'a/b/c/one': 'restored',
    x: 'restored',
    'x/y': 'restored',
    'x/y/four.log': 'restored',
  });
  expect(tally).toMatchObject({ files: 2, bytes: 5, restored: 2 });
  expect((await readdir(join(rig.target, 'a'))).sort()).toEqual(['b', 'mine']);
  const [there, here] = [snapshotOf(rig.root), snapshotOf(rig.target)];
  for (const { path } of rows) expect(here.get(path)).toBe(there.get(path));
  expect((await stat(join(rig.target, 'x'))).mtimeMs).toBe(1_000_000);
});

test('a path that the run has exactly as it is written is restored alone, and its folder with what is in it', async () => {
  const rig = await openRestoreRig({ pageEntries: 2 });
  const files = {
    'pages/[id].js': 1,
    'pages/i.js': 1,
    '[x]/in': 1,
    'x/in': 1,
    '{a,b}': 1,
    a: 1,
    'a%5Cb': 1,
    'a\\b': 1,
  };
  await writeTree(rig.root, files);
  await backUpRun(rig);
  const restored = async (...paths: string[]) => {
    const { rows } = await restoreRun(rig, { paths, overwrite: 'always', target: join(rig.around, randomUUID()) });
    return rows.filter(({ kind }) => kind === 'file').map(({ path }) => displayPath(path));
  };
  expect(await restored('pages/[id].js')).toEqual(['pages/[id].js']);
  expect(await restored('pages/[hi].js')).toEqual(['pages/i.js']);
  expect(await restored('[x]')).toEqual(['[x]/in']);
  expect(await restored('i.js')).toEqual(['pages/i.js']);
  expect(await restored('in')).toEqual(['[x]/in', 'x/in']);
  expect(await restored('{a,b}', String.raw`\[x]/*`)).toEqual(['[x]/in', '{a,b}']);
  expect(await restored('a%5Cb')).toEqual(['a%5Cb']);
  expect(await restored(String.raw`a\b`)).toEqual([String.raw`a\b`]);
});

test('globs beyond the budget are refused by the restore itself, and change nothing', () => {
  const paths = Array.from({ length: 1000 }, (_, i) => `${'{a,b}'.repeat(5)}${i}`);
  expect(() => normalizePaths(paths)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/^paths: must not stand for more than 5000 globs in all/u),
    }),
  );
  expect(normalizePaths(Array.from({ length: 1000 }, (_, i) => `folder/file-${i}`))).toHaveLength(1000);
});
