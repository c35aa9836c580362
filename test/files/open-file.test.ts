import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFileSystemCheck } from '../../src/files/disks.ts';
import { BlockingFile, createFileOpener, readBlock, type OpenFile } from '../../src/files/open-file.ts';
import { content, temporaryDirectory, writeTree } from '../support/tree.ts';

const small = 5000;
const inThread = { size: small, isLocal: true };
const inPool = { size: small, isLocal: false };
const bothWays = [
  ['in this thread', inThread],
  ['in the pool', inPool],
] as const;

async function treeOf(files: Readonly<Record<string, number>>): Promise<(name: string) => Buffer> {
  const root = await temporaryDirectory();
  await writeTree(root, files);
  return (name) => Buffer.from(join(root, name));
}

/** Opens and reads one file; tells whether that was done in this thread. */
async function isReadInThread(openFile: OpenFile, location: Buffer): Promise<boolean> {
  const file = await openFile({ location, ...inThread });
  try {
    await readBlock(file, 0, small);
    return file instanceof BlockingFile;
  } finally {
    await file.close();
  }
}

/** How many files go to the pool until the next one is read in this thread. */
async function countPooled(openFile: OpenFile, location: Buffer): Promise<number> {
  for (let pooled = 0; ; pooled += 1) if (await isReadInThread(openFile, location)) return pooled;
}

test.each(bothWays)('a file that is read %s has its size and its bytes, and ends where it ends', async (_, how) => {
  const at = await treeOf({ a: small });
  const file = await createFileOpener()({ location: at('a'), ...how });
  expect((await file.stat({ bigint: true })).size).toBe(BigInt(small));
  expect(await readBlock(file, 0, small)).toEqual(content(small));
  expect(await readBlock(file, small - 10, 20)).toEqual(content(small).subarray(small - 10));
  await file.close();
});

test.each(bothWays)('to be read %s, a symlink is not followed and a fifo not waited for', async (_, how) => {
  const at = await treeOf({ a: small });
  await symlink(at('a'), at('link'));
  execFileSync('mkfifo', [at('fifo').toString()]);
  await mkdir(at('directory'));
  const openFile = createFileOpener();
  await expect(openFile({ location: at('link'), ...how })).rejects.toMatchObject({ code: 'ELOOP' });
  await expect(openFile({ location: at('absent'), ...how })).rejects.toMatchObject({ code: 'ENOENT' });
  for (const name of ['fifo', 'directory']) {
    const file = await openFile({ location: at(name), ...how });
    expect((await file.stat({ bigint: true })).isFile()).toBe(false);
    await file.close();
  }
});

test('what is large or across a network is left to the pool', async () => {
  const at = await treeOf({ a: small });
  const openFile = createFileOpener();
  for (const how of [inPool, { size: 1024 * 1024, isLocal: true }]) {
    const file = await openFile({ location: at('a'), ...how });
    expect(file).not.toBeInstanceOf(BlockingFile);
    await file.close();
  }
});

test('after a slow file the next ones go to the pool, ever more while each further try is slow, and few again after a quick one', async () => {
  const at = await treeOf({ a: small });
  let step = 0;
  let time = 0;
  const openFile = createFileOpener(() => (time += step));
  expect(await countPooled(openFile, at('a'))).toBe(0);
  expect(await countPooled(openFile, at('a'))).toBe(0);
  step = 1;
  const pooled: number[] = [];
  for (let i = 0; i < 8; i += 1) pooled.push(await countPooled(openFile, at('a')));
  expect(pooled).toEqual([0, 16, 32, 64, 128, 256, 512, 512]);
  step = 0;
  expect(await countPooled(openFile, at('a'))).toBe(512);
  expect(await countPooled(openFile, at('a'))).toBe(0);
  step = 1;
  expect(await countPooled(openFile, at('a'))).toBe(0);
  expect(await countPooled(openFile, at('a'))).toBe(16);
});

test('timers and answers get their turn between files that are read in this thread', async () => {
  const at = await treeOf({ a: small });
  const openFile = createFileOpener(() => 0);
  let turns = 0;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  for (let i = 0; i < 320; i += 1) expect(await isReadInThread(openFile, at('a'))).toBe(true);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(9);
});

test('only what is known to be on this machine counts as a local disk', async () => {
  const fileSystemOf = createFileSystemCheck('linux');
  expect(await fileSystemOf(Buffer.from('/dev/shm'))).toBe('local');
  expect(await fileSystemOf(Buffer.from('/proc'))).toBe('virtual');
  expect(await fileSystemOf(Buffer.from('/dev/shm/absent'))).toBe('other');
  expect(await createFileSystemCheck('darwin')(Buffer.from('/dev/shm'))).toBe('unknown');
});
