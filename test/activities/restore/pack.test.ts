import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Folder } from '../../../src/activities/restore/folders.ts';
import { createGroupSync } from '../../../src/activities/restore/group-sync.ts';
import { createPack } from '../../../src/activities/restore/pack.ts';
import type { Written } from '../../../src/activities/restore/put-in-place.ts';
import type { Disk } from '../../../src/activities/restore/target-disk.ts';
import { temporaryDirectory } from '../../support/tree.ts';

const many = 32;

/** A folder on a disk that works so. */
async function folderOn(durability: Disk['durability']): Promise<Folder> {
  const directory = await temporaryDirectory();
  const handle = await open(directory);
  onTestFinished(() => handle.close());
  return {
    directory: Buffer.from(directory),
    at: (name) => Buffer.from(join(directory, name.toString())),
    check: () => Promise.resolve(),
    held: { handle, disk: { device: 1n, isLocal: true, durability } },
  };
}

async function written(folder: Folder, name: string): Promise<Written> {
  const temporary = Buffer.from(`temporary-${name}`);
  await writeFile(folder.at(temporary), name);
  const entry = { path: name, kind: 'file', size: name.length, mtimeNs: '0', mode: 0o644 } as const;
  return { entry, folder, temporary, name: Buffer.from(name) };
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
  const files = await Promise.all(['a', 'b', 'c'].map((name) => written(folder, name)));
  for (const file of files) pack.add(file);
  expect(await pack.sync()).toEqual(files);
  expect(count()).toBe(before + 1);
});

test('few files, and those on other disks, are each synced by themselves', async () => {
  const { groupSync, count } = countedSync();
  expect(await createPack(groupSync, many - 1).isSyncedTogether(await folderOn('together'))).toBe(false);
  expect(await createPack(groupSync, many).isSyncedTogether(await folderOn('one-by-one'))).toBe(false);
  const { held: _, ...byPath } = await folderOn('together');
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

test('files that the disk does not take are not handed over, and can be removed', async () => {
  let isBroken = false;
  const { groupSync } = countedSync(() => (isBroken ? Promise.reject(new Error('broken')) : Promise.resolve()));
  const pack = createPack(groupSync, many);
  const folder = await folderOn('together');
  await pack.isSyncedTogether(folder);
  pack.add(await written(folder, 'a'));
  isBroken = true;
  await expect(pack.sync()).rejects.toThrow('broken');
  await pack.discard();
  expect(await readdir(folder.directory)).toEqual([]);
});
