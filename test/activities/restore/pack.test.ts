import { readdir, readlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Folder } from '../../../src/activities/restore/target/folder.ts';
import { createGroupSync } from '../../../src/activities/restore/write/group-sync.ts';
import { createPack } from '../../../src/activities/restore/write/pack.ts';
import type { Written } from '../../../src/activities/restore/write/put-in-place.ts';
import type { Disk } from '../../../src/files/disks.ts';
import { joined } from '../../../src/files/paths.ts';
import { temporaryDirectory } from '../../support/tree.ts';

const many = 32;

/** A folder on a disk that works so. */
async function folderOn(durability: Disk['durability']): Promise<Folder> {
  const directory = Buffer.from(await temporaryDirectory());
  const at = (name: Buffer) => joined(directory, name);
  const nothing = () => Promise.resolve();
  const disk = () => Promise.resolve({ device: 1n, isLocal: true, durability });
  return { self: directory, at, open: () => folderOn(durability), check: nothing, disk, close: nothing };
}

function written(path: string): Written {
  const entry = { path, kind: 'file', size: path.length, mtimeNs: '0', mode: 0o644 } as const;
  return { entry, temporary: Buffer.from(`temporary-${path}`) };
}

function countedSync(result: () => Promise<void> = () => Promise.resolve()) {
  let count = 0;
  const groupSync = createGroupSync(() => {
    count += 1;
    return result();
  });
  return { groupSync, count: () => count };
}

test('many files on a disk that can are handed over after one sync for them all', async () => {
  const { groupSync, count } = countedSync();
  const pack = createPack(groupSync, many);
  const folder = await folderOn('together');
  expect(await pack.isSyncedTogether(folder)).toBe(true);
  const before = count();
  const files = ['a', 'b', 'c'].map(written);
  for (const file of files) pack.add(file);
  await pack.sync();
  expect(pack.files()).toEqual(files);
  expect(count()).toBe(before + 1);
  await pack.close();
});

test('few files, and those on other disks, are each synced by themselves', async () => {
  const { groupSync, count } = countedSync();
  expect(await createPack(groupSync, many - 1).isSyncedTogether(await folderOn('together'))).toBe(false);
  expect(await createPack(groupSync, many).isSyncedTogether(await folderOn('one-by-one'))).toBe(false);
  const { disk: _, ...byPath } = await folderOn('together');
  expect(await createPack(groupSync, many).isSyncedTogether(byPath)).toBe(false);
  expect(count()).toBe(0);
});

test('where the machine cannot sync them together, each is synced by itself', async () => {
  const { groupSync } = countedSync(() => Promise.reject(new Error('no such program')));
  expect(await createPack(groupSync, many).isSyncedTogether(await folderOn('together'))).toBe(false);
});

test('in memory nothing is synced', async () => {
  const { groupSync, count } = countedSync();
  const pack = createPack(groupSync, many);
  expect(await pack.isSyncedTogether(await folderOn('never'))).toBe(true);
  await pack.sync();
  expect(count()).toBe(0);
});

test('of files that the disk does not take nothing is said to last', async () => {
  let isBroken = false;
  const { groupSync } = countedSync(() => (isBroken ? Promise.reject(new Error('broken')) : Promise.resolve()));
  const pack = createPack(groupSync, many);
  await pack.isSyncedTogether(await folderOn('together'));
  pack.add(written('a'));
  isBroken = true;
  await expect(pack.sync()).rejects.toThrow('broken');
  await pack.close();
});

test('a disk is synced by a directory that the pack holds itself, and lets go of in the end', async () => {
  const synced: string[] = [];
  const groupSync = createGroupSync(async ({ fd }) => void synced.push(await readlink(`/proc/self/fd/${fd}`)));
  const pack = createPack(groupSync, many);
  const folder = await folderOn('together');
  await pack.isSyncedTogether(folder);
  await folder.close();
  await pack.sync();
  expect(new Set(synced)).toEqual(new Set([folder.self.toString()]));
  await pack.close();
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(open).not.toContain(folder.self.toString());
});
