import { mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walk } from '../../../src/files/walk/walk.ts';
import {
  readDirectoryNames,
  readingAgain,
  type Directory,
  type ReadNames,
} from '../../../src/files/walk/directory-names.ts';
import type { PageEntry } from '../../../src/contracts/manifest.ts';
import { temporaryDirectory } from '../../support/tree.ts';

const vanished = (code: string) => Object.assign(new Error(`${code}: no such file, lstat 'a'`), { code });

/** Reads as where a name vanished under each of the first reads. */
function failing(times: number, error: Error): { reads: () => number; readNames: ReadNames } {
  let reads = 0;
  const readNames = readingAgain((directory, room) => {
    reads += 1;
    return reads > times ? readDirectoryNames(directory, room) : Promise.reject(error);
  });
  return { reads: () => reads, readNames };
}

async function namesIn(readNames: ReadNames, directory: Directory): Promise<string[]> {
  const names = await readNames(directory, 100);
  const found: string[] = [];
  for await (const some of names.from('')) found.push(...some);
  return found;
}

async function folderWithFile(): Promise<string> {
  const root = await realpath(await temporaryDirectory());
  await mkdir(join(root, 'd'));
  await writeFile(join(root, 'd', 'kept'), '');
  return root;
}

test.each(['ENOENT', 'ENOTDIR'])('a directory in which a name vanished with %s is read again', async (code) => {
  const root = await folderWithFile();
  const { readNames, reads } = failing(2, vanished(code));
  expect(await namesIn(readNames, { location: Buffer.from(join(root, 'd')) })).toEqual(['kept']);
  expect(reads()).toBe(3);
});

test('a link that is followed is read again like what it leads to', async () => {
  const root = await folderWithFile();
  await symlink('d', join(root, 'link'));
  const { readNames } = failing(1, vanished('ENOENT'));
  const isFolder = () => Promise.resolve(false);
  expect(await namesIn(readNames, { location: Buffer.from(join(root, 'link')), isFolder })).toEqual(['kept']);
});

test('a directory that is gone, and one that cannot be read, are not read again', async () => {
  const root = await folderWithFile();
  const refused = failing(1, vanished('EACCES'));
  const location = Buffer.from(join(root, 'd'));
  await expect(refused.readNames({ location }, 100)).rejects.toMatchObject({ code: 'EACCES' });
  await rm(join(root, 'd'), { recursive: true });
  const gone = failing(0, vanished('ENOENT'));
  await expect(gone.readNames({ location }, 100)).rejects.toMatchObject({ code: 'ENOENT' });
  expect([refused.reads(), gone.reads()]).toEqual([1, 1]);
});

test('a directory in which names vanish at every read is an entry with an error, never an empty one', async () => {
  const root = await folderWithFile();
  const unlucky = failing(Infinity, vanished('ENOENT'));
  const readNames: ReadNames = (directory, room) =>
    (directory.location.toString() === root ? readDirectoryNames : unlucky.readNames)(directory, room);
  const entries: PageEntry[] = [];
  for await (const entry of walk(root, undefined, { readNames })) entries.push(entry);
  expect(entries).toMatchObject([{ path: 'd', error: 'files vanish while it is read; retry when less changes' }]);
  expect(unlucky.reads()).toBe(3);
});
