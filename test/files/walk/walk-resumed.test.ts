import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walk } from '../../../src/files/walk/walk.ts';
import { readDirectoryNames, type ReadNames } from '../../../src/files/walk/directory-names.ts';
import { afterUnread, entryKey } from '../../../src/contracts/manifest.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { listAll, openRig } from '../../activities/rig.ts';

/** Reads all directories but those called `closed`. */
const readNames: ReadNames = async (directory, room) => {
  if (!directory.location.toString().endsWith('/closed')) return readDirectoryNames(directory, room);
  throw Object.assign(new Error('EMFILE: too many open files, opendir'), { code: 'EMFILE', syscall: 'opendir' });
};

async function keysAfter(after?: string): Promise<string[]> {
  const root = await realpath(await temporaryDirectory());
  await writeTree(root, { 'a/closed/1': 1, 'a/closed/2': 1, 'a/last': 1, z: 1 });
  return (await Array.fromAsync(walk(root, after, { readNames }))).map(entryKey);
}

test('a directory that cannot be read is an entry, and its siblings follow', async () => {
  expect(await keysAfter()).toEqual(['a/', 'a/closed/', 'a/last', 'z']);
});

test.each(['a/closed/1', 'a/closed/'])(
  'a directory that cannot be read any more when the listing goes on in it, after %s, is an error and no gap',
  async (after) => {
    await expect(keysAfter(after)).rejects.toThrow('a/closed: EMFILE: too many open files');
  },
);

test('a listing goes on after a directory whose entry says that it could not be read', async () => {
  expect(await keysAfter(afterUnread('a/closed/'))).toEqual(['a/last', 'z']);
});

test('whatever page ends with such a directory, the others are listed, once each', async () => {
  // More rules with wildcards than a path may be asked about keep their folder from being read.
  const unusable = '*.x\n'.repeat(22_000);
  for (const pageEntries of [1, 2, 3, 10]) {
    const rig = await openRig({ pageEntries });
    await writeTree(rig.root, { 'a/closed/1': 1, 'a/last': 1, z: 1 });
    await writeFile(join(rig.root, 'a/closed/.backupignore'), unusable);
    const pages = await listAll(rig);
    expect(pages.reduce((sum, { files }) => sum + files, 0)).toBe(2);
    expect(pages).toHaveLength(Math.ceil(4 / pageEntries));
  }
});
