import { mkdir, readFile, readlink, realpath, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFolders, type Folders } from '../../../src/activities/restore/folders.ts';
import { temporaryDirectory } from '../../support/tree.ts';

const name = Buffer.from('name');
const ways = [
  ['held open', 'linux'],
  ['reached by their paths', 'darwin'],
] as const;

interface Rig {
  /** The directory around the target. */
  readonly around: string;
  readonly target: string;
  readonly folders: Folders;
  readonly limit: { left: number };
}

/** A target with the directories `d` and `e` in it. */
async function openTarget(platform: NodeJS.Platform = 'linux', left = 10): Promise<Rig> {
  const around = await realpath(await temporaryDirectory());
  const target = join(around, 'target');
  for (const directory of ['target/d', 'target/e', 'outside'])
    await mkdir(join(around, directory), { recursive: true });
  const limit = { left };
  const folders = createFolders(target, limit, platform);
  onTestFinished(() => folders.close());
  return { around, target, folders, limit };
}

test.each(ways)('names in directories that are %s are reached, with any bytes in them', async (_, platform) => {
  const { target, folders } = await openTarget(platform);
  for (const directory of [target, join(target, 'd')]) {
    const folder = await folders.at(Buffer.from(directory));
    expect(folder.held !== undefined).toBe(platform === 'linux');
    const odd = Buffer.from([0xff, 0x0a, 0x20]);
    await writeFile(folder.at(odd), 'odd');
    expect(await readFile(Buffer.concat([Buffer.from(`${directory}/`), odd]), 'utf8')).toBe('odd');
    await folder.check();
  }
});

test.each(ways)('what leads out of the target is refused where directories are %s', async (_, platform) => {
  const { around, target, folders } = await openTarget(platform);
  await symlink(join(around, 'outside'), join(target, 'link'));
  await mkdir(join(around, 'outside', 'deep'));
  for (const path of ['link', 'link/deep']) {
    const opening = folders.at(Buffer.from(join(target, path)));
    await expect(opening).rejects.toMatchObject({ type: 'RootNotAllowed', message: expect.stringContaining(path) });
  }
});

test.each(ways)('a directory that becomes a symlink is noticed where directories are %s', async (_, platform) => {
  const { around, target, folders } = await openTarget(platform);
  const folder = await folders.at(Buffer.from(join(target, 'd')));
  await rename(join(target, 'd'), join(around, 'moved'));
  await symlink(join(around, 'outside'), join(target, 'd'));
  await expect(folder.check()).rejects.toMatchObject({ type: 'RootNotAllowed' });
});

test('a directory that is held open cannot be swapped for a symlink under what is made in it', async () => {
  const { around, target, folders } = await openTarget();
  const folder = await folders.at(Buffer.from(join(target, 'd')));
  await rename(join(target, 'd'), join(target, 'moved'));
  await symlink(join(around, 'outside'), join(target, 'd'));
  await writeFile(folder.at(name), 'mine');
  expect(await readFile(join(target, 'moved', 'name'), 'utf8')).toBe('mine');
});

test('a directory that was moved and made anew is not taken for the one that is held open', async () => {
  const { target, folders } = await openTarget();
  const folder = await folders.at(Buffer.from(join(target, 'd')));
  await rename(join(target, 'd'), join(target, 'moved'));
  await mkdir(join(target, 'd'));
  await expect(folder.check()).rejects.toThrow('was moved meanwhile');
});

test('no more directories are held open than are allowed, and all are given back', async () => {
  const { target, folders, limit } = await openTarget('linux', 1);
  const first = await folders.at(Buffer.from(join(target, 'd')));
  const second = await folders.at(Buffer.from(join(target, 'e')));
  expect([first.held !== undefined, second.held !== undefined, limit.left]).toEqual([true, false, 0]);
  expect(await folders.at(Buffer.from(join(target, 'd')))).toBe(first);
  const fd = first.held?.handle.fd ?? -1;
  expect(await readlink(`/proc/self/fd/${fd}`)).toBe(join(target, 'd'));
  await folders.close();
  expect(limit.left).toBe(1);
  const now = await readlink(`/proc/self/fd/${fd}`).catch(() => 'closed');
  expect(now).not.toBe(join(target, 'd'));
});
