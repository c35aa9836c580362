import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createFolderCache, type FolderCache } from '../../../src/activities/restore/target/folder-cache.ts';
import { followTarget, holdTarget, type Folder } from '../../../src/activities/restore/target/folder.ts';
import { createTargets } from '../../../src/activities/restore/target/targets.ts';
import { createDiskLookup } from '../../../src/files/disks.ts';
import { deepTree } from '../../support/deep-tree.ts';
import { temporaryDirectory } from '../../support/tree.ts';

const name = Buffer.from('name');
const ways = ['held open', 'reached by their paths'] as const;

type Way = (typeof ways)[number];

interface Rig {
  /** The directory around the target. */
  readonly around: string;
  readonly target: string;
  readonly top: Folder;
  readonly folders: FolderCache;
  readonly limit: { left: number };
}

/** A target with the directories `d` and `e` in it. */
async function openTarget(way: Way = 'held open', left = 10): Promise<Rig> {
  const around = await realpath(await temporaryDirectory());
  const target = join(around, 'target');
  for (const directory of ['target/d', 'target/e', 'outside'])
    await mkdir(join(around, directory), { recursive: true });
  const limit = { left };
  const byPath = () => followTarget(target, process.geteuid?.());
  const top = await (way === 'held open' ? holdTarget(target, createDiskLookup()) : byPath());
  const folders = createFolderCache(top, limit);
  onTestFinished(() => folders.close());
  return { around, target, top, folders, limit };
}

/** What of a directory is open in this process. */
async function openBelow(directory: string): Promise<string[]> {
  const fds = await readdir('/proc/self/fd');
  const open = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return open.filter((path) => path.startsWith(directory)).sort();
}

test.each(ways)('names in directories that are %s are reached, with any bytes in them', async (way) => {
  const { target, folders } = await openTarget(way);
  for (const path of ['', 'd']) {
    const odd = Buffer.from([0xff, 0x0a, 0x20]);
    await folders.within(path, ({ at }) => writeFile(at(odd), 'odd'));
    expect(await readFile(Buffer.concat([Buffer.from(join(target, path, '/')), odd]), 'utf8')).toBe('odd');
  }
});

test.each(ways)('a symlink is no directory where these are %s, wherever it leads', async (way) => {
  const { around, target, folders } = await openTarget(way);
  await symlink(join(around, 'outside'), join(target, 'out'));
  await symlink('d', join(target, 'in'));
  await mkdir(join(around, 'outside/deep'));
  await mkdir(join(target, 'd/deep'));
  for (const path of ['out', 'out/deep', 'in', 'in/deep']) {
    const working = folders.within(path, () => Promise.resolve());
    const message = `${path.split('/')[0]} is a symlink in the target, where a directory belongs: move it away, or restore with delete`;
    await expect(working).rejects.toMatchObject({ type: 'TargetUnusable', code: 'ENOTDIR', message });
  }
  await expect(folders.within('none', () => Promise.resolve())).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each(ways)('a directory that becomes a symlink is noticed where directories are %s', async (way) => {
  const { around, target, top } = await openTarget(way);
  const folder = await top.open(Buffer.from('d'));
  await rename(join(target, 'd'), join(around, 'moved'));
  await symlink(join(around, 'outside'), join(target, 'd'));
  await expect(folder.check()).rejects.toMatchObject({
    message: expect.stringMatching(/was moved or replaced meanwhile|not a directory/u),
  });
  await folder.close();
});

test('a directory that is held open cannot be swapped for a symlink under what is made in it', async () => {
  const { around, target, folders } = await openTarget();
  await folders.within('d', async ({ at }) => {
    await rename(join(target, 'd'), join(target, 'moved'));
    await symlink(join(around, 'outside'), join(target, 'd'));
    await writeFile(at(name), 'mine');
  });
  expect(await readFile(join(target, 'moved', 'name'), 'utf8')).toBe('mine');
});

test('a directory that was moved and made anew is not taken for the one that is held open, which is opened anew', async () => {
  const { target, top, folders } = await openTarget();
  const folder = await top.open(Buffer.from('d'));
  const work = ({ at }: Folder) => writeFile(at(name), 'mine');
  await rename(join(target, 'd'), join(target, 'moved'));
  await mkdir(join(target, 'd'));
  await expect(folder.check()).rejects.toMatchObject({ type: 'TargetUnusable', code: 'ESTALE' });
  await folder.close();
  await folders.within('d', work);
  expect(await readdir(join(target, 'd'))).toEqual(['name']);
});

test('a directory that was held open and is gone, or another by now, is told so', async () => {
  const { target, folders } = await openTarget();
  await folders.within('d', async () => {
    await rename(join(target, 'd'), join(target, 'moved'));
  });
  // As if some time had passed since it was looked where it is.
  const later = performance.now() + 1000;
  const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
  onTestFinished(() => clock.mockRestore());
  await expect(folders.within('d', () => Promise.resolve())).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(join(target, 'd'));
  await folders.within('d', ({ at }) => writeFile(at(name), 'mine'));
  expect(await readdir(join(target, 'd'))).toEqual(['name']);
});

test('beside those in use no more directories are held open than are allowed, and all are given back', async () => {
  const { target, folders, limit } = await openTarget('held open', 1);
  for (const path of ['d', 'e']) await folders.within(path, () => Promise.resolve());
  expect(await openBelow(target)).toEqual([target, join(target, 'e')]);
  await folders.within('e', () =>
    folders.within('d', async () => {
      expect(await openBelow(target)).toEqual([target, join(target, 'd'), join(target, 'e')]);
    }),
  );
  expect(limit.left).toBe(0);
  await folders.close();
  expect([limit.left, await openBelow(target)]).toEqual([1, []]);
});

test('directories are closed only when nobody works in them any more', async () => {
  const { target, folders, limit } = await openTarget();
  await folders.within('d', async ({ at }) => {
    await folders.close();
    await writeFile(at(name), 'mine');
  });
  expect(await readdir(join(target, 'd'))).toEqual(['name']);
  expect([limit.left, await openBelow(target)]).toEqual([10, []]);
});

test('a directory deeper than any path is reached, step by step', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(200, '-'));
  const root = await deepTree(names, () => false);
  const folders = createFolderCache(await holdTarget(await realpath(root), createDiskLookup()), { left: 4 });
  onTestFinished(() => folders.close());
  await folders.within(names.join('/'), ({ at }) => writeFile(at(name), 'deep'));
  expect(await folders.within(names.join('/'), ({ at }) => readFile(at(name), 'utf8'))).toBe('deep');
});

const asRoot = { holdsFolders: false, user: 0 };
const asOther = { holdsFolders: false, user: 12_345 };

// What is on the way to the temporary directories of this machine belongs to root or is sticky.
test.each([
  ['the target', 'target', 0o777],
  ['the target, by its group', 'target', 0o775],
  ['what is around it', '.', 0o777],
])('where folders cannot be held open, root restores into none where others may write to %s', async (_, open, mode) => {
  const { around, target } = await openTarget();
  await chmod(join(around, open), mode);
  const making = createTargets([around], asRoot).inMade(target, () => Promise.resolve());
  await expect(making).rejects.toMatchObject({
    type: 'TargetUnusable',
    message: expect.stringMatching(/may be written to by other users.*restore as the user who owns it/u),
  });
  // Where they can, it does.
  expect(await createTargets([around]).inMade(target, () => Promise.resolve('done'))).toBe('done');
});

test('where folders cannot be held open, one in the target that others may write to takes nothing from root', async () => {
  const { around, target } = await openTarget();
  await chmod(join(target, 'd'), 0o777);
  await createTargets([around], asRoot).inMade(target, async ({ folders }) => {
    await folders.within('e', ({ at }) => writeFile(at(name), 'mine'));
    const working = folders.within('d', ({ at }) => writeFile(at(name), 'mine'));
    await expect(working).rejects.toThrow(/d may be written to by other users/u);
  });
  expect([await readdir(join(target, 'd')), await readdir(join(target, 'e'))]).toEqual([[], ['name']]);
});

test('where folders cannot be held open, a user restores into own folders only', async () => {
  const { around, target } = await openTarget();
  const making = () => createTargets([around], asOther).inMade(target, () => Promise.resolve('done'));
  // Only root can give a folder to somebody else; those of root are as safe as one's own.
  const isRoot = process.geteuid?.() === 0;
  expect(await making().catch(() => 'refused')).toBe(isRoot ? 'done' : 'refused');
  if (isRoot) await chown(target, 54_321, 54_321);
  await expect(making()).rejects.toThrow('may be written to by other users');
});

test('a target below a symlink is made in none', async () => {
  const { around } = await openTarget();
  await symlink(join(around, 'nowhere'), join(around, 'link'));
  const making = createTargets([around]).inMade(join(around, 'link/deep'), () => Promise.resolve());
  await expect(making).rejects.toMatchObject({ type: 'TargetUnusable' });
  await expect(lstat(join(around, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
});
