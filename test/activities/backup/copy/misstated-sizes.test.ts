import { constants, fstatSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenedFile } from '../../../../src/files/open-file.ts';
import type { FileSystem } from '../../../../src/files/disks.ts';
import { content, writeTree } from '../../../support/tree.ts';
import { copierOf, entryOf } from './copier.ts';
import { blobBytes, blobNames, mebibyte, nameOf, openRig, openRigAt, type Rig } from '../../rig.ts';
import { backUpWhole } from '../whole-run.ts';

test.runIf(process.platform === 'linux').each([
  ['/proc/sys/kernel', 'ostype', 0],
  ['/sys/kernel', 'fscaps', 4096],
])(
  'of a file system that makes files up, %s, what a file yields is stored, and read by every run',
  async (root, name, told) => {
    const yields = await readFile(join(root, name));
    const rig = await openRigAt(root);
    const filters = { include: [`/${name}`] };
    const first = await backUpWhole(rig, { filters });
    expect(first.pages[0]?.bytes).toBe(told);
    expect(first.tally).toMatchObject({ files: 1, uploaded: 1, bytes: yields.length, failed: 0 });
    expect(first.entries.get(name)).toMatchObject({ size: yields.length, outcome: 'uploaded', readAgain: true });
    expect((await blobBytes(rig, nameOf(rig, name))).equals(yields)).toBe(true);
    const second = await backUpWhole(rig, { filters });
    expect(second.entries.get(name)).toMatchObject({ outcome: 'unchanged', size: yields.length, attempts: 1 });
  },
);

// For others than root it cannot be opened.
test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'of a file of /proc that gives whole numbers alone, all is stored',
  async () => {
    const rig = await openRigAt('/proc');
    const { entries } = await backUpWhole(rig, { filters: { include: ['/kpagecount'] } });
    const { outcome, size = 0, reason } = entries.get('kpagecount') ?? {};
    expect([outcome, reason]).toEqual(['uploaded', undefined]);
    expect(size % 8).toBe(0);
    expect((await blobBytes(rig, nameOf(rig, 'kpagecount'))).length).toBe(size);
  },
);

test.runIf(process.platform === 'linux')(
  'what a file of /proc says of an error is its reason, and stops nothing',
  async () => {
    const root = `/proc/${process.pid}`;
    const rig = await openRigAt(root);
    const { entries } = await backUpWhole(rig, { filters: { include: ['/mem', '/comm'] } });
    expect(entries.get('comm')).toMatchObject({ outcome: 'uploaded' });
    expect(entries.get('mem')).toMatchObject({ outcome: 'failed', reason: 'EIO: i/o error' });
  },
);

/** Copies a file that says of its size what is not true. */
async function copyMisstated(
  rig: Rig,
  told: number,
  fileSystem: FileSystem = 'other',
  read?: (into: Buffer, offset: number, length: number, position: number) => number,
) {
  await using handle = await open(join(rig.root, 'a'), constants.O_RDONLY);
  const file: OpenedFile = {
    fd: handle.fd,
    stat: () => Object.assign(fstatSync(handle.fd, { bigint: true }), { size: BigInt(told) }),
    read: async (into, offset, length, position) =>
      read ? { bytesRead: read(into, offset, length, position) } : handle.read(into, offset, length, position),
    close: () => undefined,
  };
  return await copierOf(rig, {
    openFile: () => Promise.resolve(file),
    fileSystemOf: () => Promise.resolve(fileSystem),
  })(entryOf('a'));
}

test.each([
  ['more than none', 0, 1000],
  ['more', 999, 1000],
  ['less', 4096, 1000],
  ['less, and both large', 20 * mebibyte, 17 * mebibyte],
  ['more, and both large', 16 * mebibyte, 17 * mebibyte],
  ['much more than none', 0, 17 * mebibyte],
])('a file that yields %s than its size tells is stored as what it yields', async (_, told, yields) => {
  const rig = await openRig();
  await writeTree(rig.root, { a: yields });
  expect(await copyMisstated(rig, told)).toMatchObject({ outcome: 'uploaded', size: yields, attempts: 1 });
  expect((await blobBytes(rig, nameOf(rig, 'a'))).equals(content(yields))).toBe(true);
});

test('a file that yields more than its size tells, and something else each time, makes no blob', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 0 });
  let reads = 0;
  const read = (into: Buffer, offset: number, _: number, position: number) =>
    position === 0 ? into.write(`at ${(reads += 1) % 10}`, offset) : 0;
  expect(await copyMisstated(rig, 0, 'other', read)).toMatchObject({ outcome: 'changed', busy: true, attempts: 3 });
  expect(await blobNames(rig)).toEqual([]);
  // Where files are made up as they are read, that is what they are like.
  expect(await copyMisstated(rig, 0, 'virtual', read)).toMatchObject({ outcome: 'uploaded', size: 4 });
});

test.each([
  ['of no size', 0, 'other'],
  ['of a size that nothing has', 2 ** 47, 'virtual'],
] as const)('a file %s that never ends fails with its reason, and nothing is sent', async (_, told, fileSystem) => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 0 });
  const endless = (_into: Buffer, _offset: number, length: number) => length;
  expect(await copyMisstated(rig, told, fileSystem, endless)).toMatchObject({
    outcome: 'failed',
    reason: `its size is told as ${told} bytes, and it yields more than 1024 MiB: exclude it`,
  });
  expect(await blobNames(rig)).toEqual([]);
});

test('a file that is made up as it is read, and never is, fails with its reason', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 0 });
  const handle = await open(join(rig.root, 'a'));
  const never = Promise.withResolvers<never>();
  onTestFinished(() => handle.close());
  // Nor is it closed while it is being read.
  const file: OpenedFile = {
    fd: handle.fd,
    stat: (options) => handle.stat(options),
    read: () => never.promise,
    close: () => never.promise,
  };
  const context = { openFile: () => Promise.resolve(file), fileSystemOf: () => Promise.resolve('virtual' as const) };
  expect(await copierOf(rig, { ...context, longestRead: 10 })(entryOf('a'))).toMatchObject({
    outcome: 'failed',
    reason: 'a read of it gave nothing for 0.01 seconds',
  });
});
