import { mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { entryKey, type PageEntry } from '../../../src/contracts/manifest.ts';
import { selectEntries } from '../../../src/activities/backup/select-entries.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { select } from './rig.ts';

const follow = { followSymlinks: true };

let root: string;

beforeEach(async () => {
  root = await realpath(await temporaryDirectory());
});

function link(target: string, path: string): Promise<void> {
  return symlink(target, join(root, path));
}

/** Why symlinks were not followed, by path. */
function reasonsIn(entries: readonly PageEntry[]): Record<string, string | undefined> {
  return Object.fromEntries(entries.filter(({ kind }) => kind === 'symlink').map(({ path, reason }) => [path, reason]));
}

test('symlinks become what they lead to, in the order of the keys that this gives them', async () => {
  await writeTree(root, { 'real/x': 3, file: 5, 'd.a': 1, d0: 1 });
  await link('real', 'd');
  await link('../file', 'real/link');
  await link('d/link', 'twice');
  const { entries, keys } = await select(root, follow);
  expect(keys).toEqual(['d.a', 'd/', 'd/link', 'd/x', 'd0', 'file', 'real/', 'real/link', 'real/x', 'twice']);
  const sizes = Object.fromEntries(entries.map(({ path, kind, size }) => [path, kind === 'file' && size]));
  expect(sizes).toMatchObject({ 'd/link': 5, 'd/x': 3, 'real/link': 5, twice: 5 });
  expect(
    entries.every(({ target, error, reason }) => target === undefined && error === undefined && reason === undefined),
  ).toBe(true);
  for (const [i, key] of keys.entries())
    expect((await select(root, follow, { after: key })).keys).toEqual(keys.slice(i + 1));
});

test('a symlink that leads out, in a circle or to nothing that can be backed up is recorded, with the reason', async () => {
  const outside = await realpath(await temporaryDirectory());
  await writeTree(outside, { 'secret/x': 1 });
  await writeTree(root, { 'a/b/c': 1 });
  execFileSync('mkfifo', [join(root, 'fifo')]);
  await link(outside, 'out');
  await link(join(outside, 'secret/x'), 'out-file');
  await link('nowhere', 'dangling');
  await link('self', 'self');
  await link('..', 'a/b/up');
  await link('..', 'parent');
  await link('.', 'here');
  await link('fifo', 'to-fifo');
  await link('/proc/self/root', 'slash');
  const { entries, keys } = await select(root, follow);
  expect(keys).toEqual([
    'a/',
    'a/b/',
    'a/b/c',
    'a/b/up',
    'dangling',
    'fifo',
    'here',
    'out',
    'out-file',
    'parent',
    'self',
    'slash',
    'to-fifo',
  ]);
  const beyond = (place: string) =>
    `not followed: it leads to ${place}, outside the directories that the worker may read: add it to BACKUP_ROOTS of the worker`;
  expect(reasonsIn(entries)).toEqual({
    'a/b/up': 'not followed: it leads to a directory that it is in itself',
    dangling: 'not followed: it leads to nothing',
    here: 'not followed: it leads to a directory that it is in itself',
    out: beyond(outside),
    'out-file': beyond(join(outside, 'secret/x')),
    parent: beyond(join(root, '..')),
    self: 'not followed: it leads to itself',
    slash: beyond('/'),
    'to-fifo': 'not followed: it leads to a fifo',
  });
  expect((await select(root, {})).entries.every(({ reason }) => reason === undefined)).toBe(true);
});

test('directories that link to each other come to an end', async () => {
  await writeTree(root, { 'a/x': 1, 'b/y': 1 });
  await link('../b', 'a/to-b');
  await link('../a', 'b/to-a');
  const { keys, entries } = await select(root, follow);
  expect(keys).toEqual([
    'a/',
    'a/to-b/',
    'a/to-b/to-a',
    'a/to-b/y',
    'a/x',
    'b/',
    'b/to-a/',
    'b/to-a/to-b',
    'b/to-a/x',
    'b/y',
  ]);
  expect(reasonsIn(entries)).toEqual({
    'a/to-b/to-a': 'not followed: it leads to a directory that it is in itself',
    'b/to-a/to-b': 'not followed: it leads to a directory that it is in itself',
  });
});

test('a link to what holds the root, where that may be read, is not followed either', async () => {
  const above = root;
  root = join(above, 'root');
  await writeTree(root, { a: 1 });
  await writeTree(above, { 'beside/x': 1 });
  await link('..', 'up');
  await link('../beside', 'beside');
  const { keys } = await select(root, follow, { roots: [above] });
  expect(keys).toEqual(['a', 'beside/', 'beside/x', 'up']);
});

test('links that multiply the ways through a tree are followed four deep', async () => {
  const levels = 20;
  for (let i = 0; i < levels; i += 1) {
    await mkdir(join(root, `d${i}`));
    if (i + 1 === levels) continue;
    await link(`../d${i + 1}`, `d${i}/left`);
    await link(`../d${i + 1}`, `d${i}/right`);
  }
  const { entries } = await select(root, follow);
  // Each of the directories begins at most 2 + 4 + 8 + 16 ways, and ends in at most 32 links that are not followed.
  expect(entries.length).toBeLessThan(levels * 63);
  const reasons = new Set(entries.filter(({ kind }) => kind === 'symlink').map(({ reason }) => reason));
  expect(reasons).toEqual(new Set(['not followed: it is behind 4 symlinks already']));
});

test('a link that is turned to lead out while it is listed gives nothing of what is there', async () => {
  const outside = await temporaryDirectory();
  await writeTree(outside, { secret: 1 });
  await writeTree(root, { 'a/x': 1, 'real/y': 1 });
  await link('real', 'b');
  const keys: string[] = [];
  const errors: (string | undefined)[] = [];
  const { entries } = await selectEntries(root, { filters: follow, roots: [root] });
  for await (const entry of entries) {
    keys.push(entryKey(entry));
    errors.push(entry.error);
    if (entry.path !== 'a') continue;
    await rm(join(root, 'b'));
    await link(outside, 'b');
  }
  expect(keys).toEqual(['a/', 'a/x', 'b/', 'real/', 'real/y']);
  expect(errors).toEqual([undefined, undefined, 'replaced while it was listed', undefined, undefined]);
});

test('rules are asked about a directory behind a link as about any other', async () => {
  await writeTree(root, { 'real/x.log': 1, 'real/y': 1 });
  await link('real', 'd');
  expect((await select(root, { ...follow, exclude: ['d/'] })).keys).toEqual(['real/', 'real/x.log', 'real/y']);
  expect((await select(root, { ...follow, exclude: ['*.log'] })).keys).toEqual(['d/', 'd/y', 'real/', 'real/y']);
});
