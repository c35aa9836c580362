import { mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { walk, type WalkOptions } from '../../../src/files/walk/walk.ts';
import { readDirectoryNames, type ReadNames } from '../../../src/files/walk/directory-names.ts';
import { createKeptNames } from '../../../src/files/walk/kept-names.ts';
import { createNameSpill } from '../../../src/files/walk/name-spill.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type PageEntry } from '../../../src/contracts/manifest.ts';
import { fileName } from '../../support/names.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';

/** Takes the next entries after a cursor, and then stops as a full page does. */
async function take(root: string, count: number, after: string | undefined, options: WalkOptions) {
  const page: PageEntry[] = [];
  for await (const entry of walk(root, after, options)) {
    if (page.length === count) break;
    page.push(entry);
  }
  return page;
}

/** A reader that notes which directories it read. */
function noting(): { reads: string[]; readNames: ReadNames } {
  const reads: string[] = [];
  return {
    reads,
    readNames: (directory, room) => {
      reads.push(directory.location.toString());
      return readDirectoryNames(directory, room);
    },
  };
}

async function filesIn(root: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `f${i}`);
  await Promise.all(names.map((name) => writeFile(join(root, name), '')));
  return names.toSorted();
}

/** Puts temporary files into a directory of the test. */
async function ownTemporaryFiles(): Promise<string> {
  const folder = await temporaryDirectory();
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = folder;
  onTestFinished(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  });
  return folder;
}

test('however few names fit into memory, and wherever pages end, a walk is the same', async () => {
  const at = await realpath(await temporaryDirectory());
  const names = fc.uniqueArray(fileName, { maxLength: 40, selector: (name) => name.toString('latin1') });
  const shape = fc.record({
    names,
    folders: fc.nat(3),
    namesInMemory: fc.integer({ min: 1, max: 12 }),
    pageEntries: fc.integer({ min: 1, max: 30 }),
    isKept: fc.boolean(),
  });
  const property = fc.asyncProperty(shape, async ({ names, folders, namesInMemory, pageEntries, isKept }) => {
    const root = await mkdtemp(join(at, 'tree-'));
    for (const [i, name] of names.entries()) {
      const path = Buffer.concat([Buffer.from(`${root}/`), name]);
      if (i % 4 < folders) await mkdir(path).then(() => writeFile(Buffer.concat([path, Buffer.from('/x')]), ''));
      else await writeFile(path, '');
    }
    const all = await Array.fromAsync(walk(root));
    const options = { namesInMemory, ...(isKept && { readNames: createKeptNames(readDirectoryNames).readerOf('a') }) };
    const paged: PageEntry[] = [];
    for (;;) {
      const last = paged.at(-1);
      const page = await take(root, pageEntries, last && entryKey(last), options);
      paged.push(...page);
      if (page.length < pageEntries) break;
    }
    expect(paged).toEqual(all);
    const keys = all.map(entryKey);
    expect(keys.toSorted(comparePaths)).toEqual(keys);
  });
  await fc.assert(property, { numRuns: 60 });
});

test('a large directory is read once for all pages of a run, and anew for another run', async () => {
  const root = await realpath(await temporaryDirectory());
  const names = await filesIn(root, 50);
  const { reads, readNames } = noting();
  const kept = createKeptNames(readNames);
  const listed: string[] = [];
  for (let page = 0; page < 5; page += 1) {
    const options = { namesInMemory: 7, readNames: kept.readerOf('run-1') };
    listed.push(...(await take(root, 10, listed.at(-1), options)).map(({ path }) => path));
  }
  expect(listed).toEqual(names);
  expect(reads).toEqual([root]);
  await take(root, 10, undefined, { namesInMemory: 7, readNames: kept.readerOf('run-2') });
  expect(reads).toEqual([root, root]);
});

test('a page may be asked for again, by an attempt at the same time, too', async () => {
  const root = await realpath(await temporaryDirectory());
  const names = await filesIn(root, 50);
  const kept = createKeptNames(readDirectoryNames);
  const options = { namesInMemory: 7, readNames: kept.readerOf('run') };
  for (const after of ['f30', 'f10', 'f30']) {
    const pages = await Promise.all([take(root, 10, after, options), take(root, 10, after, options)]);
    const expected = names.filter((name) => name > after).slice(0, 10);
    for (const page of pages) expect(page.map(({ path }) => path)).toEqual(expected);
  }
});

test('a large directory that another has taken the place of is read anew', async () => {
  const root = await realpath(await temporaryDirectory());
  await mkdir(join(root, 'd'));
  await filesIn(join(root, 'd'), 50);
  const options = { namesInMemory: 7, readNames: createKeptNames(readDirectoryNames).readerOf('run') };
  expect((await take(root, 3, undefined, options)).at(-1)?.path).toBe('d/f1');
  await rename(join(root, 'd'), join(root, 'before'));
  await mkdir(join(root, 'd'));
  await writeTree(join(root, 'd'), Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`new${i}`, 1])));
  const next = await take(root, 3, 'd/f1', options);
  expect(next.map(({ path }) => path)).toEqual(['d/new0', 'd/new1', 'd/new10']);
});

test('names on disk have no file that could be left behind, and every file is closed when a walk is done', async () => {
  const root = await realpath(await temporaryDirectory());
  await filesIn(root, 50);
  const folder = await ownTemporaryFiles();
  const openFiles = async () => (await readdir('/proc/self/fd')).length;
  const before = await openFiles();
  const kept = createKeptNames(readDirectoryNames);
  const options = { namesInMemory: 7, readNames: kept.readerOf('run') };
  await take(root, 10, undefined, options);
  expect(await openFiles()).toBe(before + 1);
  expect(await readdir(folder)).toEqual([]);
  expect(await take(root, 50, 'f1', options)).toHaveLength(48);
  expect(await openFiles()).toBe(before);
  for (let run = 0; run < 40; run += 1) {
    await take(root, 10, undefined, { namesInMemory: 7, readNames: kept.readerOf(`run-${run}`) });
  }
  expect(await openFiles()).toBeLessThanOrEqual(before + 16);
});

test('a large directory whose names cannot be written down is an error that says what to do, and the rest is listed', async () => {
  const root = await realpath(await temporaryDirectory());
  await mkdir(join(root, 'd'));
  await filesIn(join(root, 'd'), 50);
  await writeTree(root, { e: 1 });
  const folder = await ownTemporaryFiles();
  await rm(folder, { recursive: true });
  const entries = await Array.fromAsync(walk(root, undefined, { namesInMemory: 7 }));
  expect(entries.map(entryKey)).toEqual(['d/', 'e']);
  expect(entries[0]?.error).toContain(`make space in ${folder}, or set TMPDIR`);
});

test('a name that a directory gives twice while it changes is listed once', async () => {
  const spill = await createNameSpill();
  await spill.add(['a', 'b', 'd/']);
  await spill.add(['b', 'c']);
  await spill.add(['c', 'd/']);
  expect((await Array.fromAsync(spill.from(''))).flat()).toEqual(['a', 'b', 'c', 'd/']);
  expect((await Array.fromAsync(spill.from('c'))).flat()).toEqual(['c', 'd/']);
  await spill.close();
});

test('in deep trees of large directories, all of them together hold no more names than fit', async () => {
  const root = await realpath(await temporaryDirectory());
  let below = root;
  for (let level = 0; level < 4; level += 1) {
    below = join(below, 'f2-below');
    await mkdir(below);
    await filesIn(below, 400);
  }
  const held: (number | undefined)[] = [];
  const readNames: ReadNames = async (directory, room) => {
    const names = await readDirectoryNames(directory, room);
    held.push(names.inMemory);
    return names;
  };
  const keys = (await Array.fromAsync(walk(root, undefined, { namesInMemory: 600, readNames }))).map(entryKey);
  expect(keys).toEqual((await Array.fromAsync(walk(root))).map(entryKey));
  expect(held).toEqual([1, 401, undefined, undefined, undefined]);
});
