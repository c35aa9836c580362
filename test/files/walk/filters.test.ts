import { mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readDirectoryNames } from '../../../src/files/walk/directory-names.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { select } from './rig.ts';

const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n# made by a test\n';

let root: string;

beforeEach(async () => {
  root = await realpath(await temporaryDirectory());
});

test('without filters everything is listed, and nothing is left out', async () => {
  await writeTree(root, { 'a/b': 1, c: 1 });
  expect(await select(root)).toMatchObject({ keys: ['a/', 'a/b', 'c'], leftOut: [], excluded: 0, matched: '' });
});

test('what an exclude matches is left out with all that is in it, and its directory is not even opened', async () => {
  await writeTree(root, { 'a.log': 1, 'a/x.log': 1, 'a/y': 1, 'node_modules/m/i.js': 1, 'a/node_modules/n': 1, z: 1 });
  const opened: string[] = [];
  const readNames: typeof readDirectoryNames = (directory, room) => {
    opened.push(directory.location.toString());
    return readDirectoryNames(directory, room);
  };
  const { keys, whys, excluded } = await select(root, { exclude: ['*.log', 'node_modules/'] }, { readNames });
  expect(keys).toEqual(['a/', 'a/y', 'z']);
  expect(opened).toEqual([root, join(root, 'a')]);
  expect(whys).toEqual({
    'a.log': { by: 'exclude', rule: '*.log' },
    'a/node_modules/': { by: 'exclude', rule: 'node_modules/' },
    'a/x.log': { by: 'exclude', rule: '*.log' },
    'node_modules/': { by: 'exclude', rule: 'node_modules/' },
  });
  expect(excluded).toBe(4);
});

test('only what an include matches is listed, with the folders on the way to it and all that is in it', async () => {
  await writeTree(root, {
    'docs/a.pdf': 1,
    'docs/b.txt': 1,
    'docs/deep/c.pdf': 1,
    'empty/no.txt': 1,
    'photos/x/y.txt': 1,
  });
  await mkdir(join(root, 'photos/x/void'));
  const { keys, whys } = await select(root, { include: ['*.pdf', '/photos/'] });
  expect(keys).toEqual([
    'docs/',
    'docs/a.pdf',
    'docs/deep/',
    'docs/deep/c.pdf',
    'photos/',
    'photos/x/',
    'photos/x/void/',
    'photos/x/y.txt',
  ]);
  expect(whys).toEqual({ 'docs/b.txt': { by: 'include' }, 'empty/no.txt': { by: 'include' } });
});

test('a directory in which nothing can be included is not entered, and what cannot be read on the way is told', async () => {
  await writeTree(root, { 'a/b/c.txt': 1, 'a/x/c.txt': 1, 'z/c.txt': 1, 'way/in': 1 });
  await mkdir(join(root, 'way/.backupignore'));
  const { keys, whys, entries } = await select(root, { include: ['a/b/*.txt', 'way/*/deep'] });
  expect(keys).toEqual(['a/', 'a/b/', 'a/b/c.txt', 'way/']);
  expect(whys).toEqual({ 'a/x/': { by: 'include' }, 'z/': { by: 'include' } });
  expect(entries.at(-1)?.error).toContain('its .backupignore cannot be used');
});

test('an exclude goes before an include', async () => {
  await writeTree(root, { 'a/keep.txt': 1, 'a/b/no.txt': 1, 'a/no.log': 1 });
  const { keys } = await select(root, { include: ['a'], exclude: ['*.log', 'a/b'] });
  expect(keys).toEqual(['a/', 'a/keep.txt']);
});

test('globs tell whether they matched anything, also what another one matched', async () => {
  await writeTree(root, { 'a/x.log': 1, 'b.txt': 1 });
  const filters = { include: ['a', '*.txt', '*.none'], exclude: ['*.log', '/a/*.log', 'void'] };
  expect((await select(root, filters)).matched).toBe('110110');
});

test('names that are not UTF-8 or that blobs cannot have are matched as people read them', async () => {
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from('50%ff', 'latin1'), Buffer.from([0xff])]), '');
  await writeTree(root, { '50%': 1, 'a\\b': 1, 'end.': 1, übung: 1 });
  expect((await select(root, { exclude: ['50%'] })).keys).toEqual(['50%25ff%FF', 'a%5Cb', 'end%2E', 'übung']);
  expect((await select(root, { exclude: ['50*', 'end.', String.raw`a\\b`] })).keys).toEqual(['übung']);
  expect((await select(root, { include: ['?bung', '*%ff?'] })).keys).toEqual(['50%25ff%FF', 'übung']);
});

test('of a folder that is marked, only the mark and the folder itself are listed', async () => {
  await writeTree(root, {
    'a/.nobackup': 0,
    'a/b/c': 1,
    'a/x': 1,
    'b/.git/config': 1,
    'b/x': 1,
    'c/x': 1,
    '.nobackup': 0,
  });
  const { keys, whys, excluded } = await select(root, { excludeIfPresent: ['.nobackup', '.git'] });
  // The root itself was asked for, whatever marks it.
  expect(keys).toEqual(['.nobackup', 'a/', 'a/.nobackup', 'b/', 'c/', 'c/x']);
  expect(whys).toEqual({
    'a/*': { by: 'if-present', rule: '.nobackup', at: 'a/.nobackup' },
    'b/*': { by: 'if-present', rule: '.git', at: 'b/.git' },
  });
  expect(excluded).toBe(2);
});

test('of a cache, only its tag is listed, if it is one by its signature', async () => {
  await writeTree(root, { 'cache/x': 1, 'not/CACHEDIR.TAG': 200, 'not/x': 1, 'link/x': 1, 'folder/CACHEDIR.TAG/x': 1 });
  await writeFile(join(root, 'cache/CACHEDIR.TAG'), tag);
  await symlink('../cache/CACHEDIR.TAG', join(root, 'link/CACHEDIR.TAG'));
  const { files, whys } = await select(root, { excludeCaches: true });
  expect(files).toEqual(['cache/CACHEDIR.TAG', 'folder/CACHEDIR.TAG/x', 'link/x', 'not/CACHEDIR.TAG', 'not/x']);
  expect(whys).toEqual({ 'cache/*': { by: 'cache', at: 'cache/CACHEDIR.TAG' } });
  expect((await select(root, {})).files).toHaveLength(6);
});

test('larger files are left out, and those of just that size are not', async () => {
  await writeTree(root, { a: 100, b: 101, 'd/c': 5000 });
  const { keys, whys } = await select(root, { largerThan: 100 });
  expect(keys).toEqual(['a', 'd/']);
  expect(whys).toEqual({ b: { by: 'larger-than', rule: '100' }, 'd/c': { by: 'larger-than', rule: '100' } });
});

test('what is on another file system is left out', async () => {
  const elsewhere = await mkdtemp('/dev/shm/durable-backup-');
  onTestFinished(() => rm(elsewhere, { recursive: true }));
  expect((await stat(elsewhere)).dev).not.toBe((await stat(root)).dev);
  await writeTree(root, { 'a/b': 1 });
  await writeTree(elsewhere, { 'x/y': 1, z: 1 });
  await symlink(elsewhere, join(root, 'mounted'));
  await symlink(join(elsewhere, 'z'), join(root, 'file'));
  const roots = [root, elsewhere];
  const followed = await select(root, { followSymlinks: true }, { roots });
  expect(followed.keys).toEqual(['a/', 'a/b', 'file', 'mounted/', 'mounted/x/', 'mounted/x/y', 'mounted/z']);
  const { keys, whys } = await select(root, { followSymlinks: true, oneFileSystem: true }, { roots });
  expect(keys).toEqual(['a/', 'a/b', 'mounted/']);
  expect(whys).toEqual({ file: { by: 'file-system' }, 'mounted/*': { by: 'file-system' } });
});
