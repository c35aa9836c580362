import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { walk } from '../../../src/files/walk/walk.ts';
import { defaultJobOptions, type Slice, type Page } from '../../../src/contracts/job.ts';
import type { ManifestEntry, PageEntry } from '../../../src/contracts/manifest.ts';
import { parseNdjson } from '../../../src/storage/ndjson.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { blobBytes, listAll, openRig, perform, type Rig } from '../rig.ts';

/** What a page lists; one without copies has it in its shard. */
async function entriesOf(rig: Rig, { number, copies }: Page): Promise<PageEntry[]> {
  const layout = runLayout(rig.run);
  if (copies.length > 0) return parseNdjson((await blobBytes(rig, layout.page(number))).toString());
  const rows = parseNdjson<ManifestEntry>(gunzipSync(await blobBytes(rig, layout.shard(number))).toString());
  return rows.map(({ outcome: _outcome, attempts: _attempts, ...entry }) => entry);
}

/** What a copy finds in its byte range of the page. */
async function filesOf(rig: Rig, { page, number, from, to }: Slice): Promise<PageEntry[]> {
  const lines = (await blobBytes(rig, runLayout(rig.run).page(page))).subarray(from, to).toString();
  return parseNdjson<PageEntry>(lines).filter(({ copy }) => copy === number);
}

test('whatever the sizes of pages and packs, pages hold the walk and copies hold each file exactly once', async () => {
  const rig = await openRig();
  const files = Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`d${i % 4}/é${i}`, i * 10]));
  await writeTree(rig.root, files);
  await mkdir(join(rig.root, 'empty'));
  await symlink('d0', join(rig.root, 'link'));
  const walked = await Array.fromAsync(walk(rig.root));
  const small = fc.integer({ min: 1, max: 9 });
  const shape = fc.record({
    pageEntries: fc.integer({ min: 1, max: 40 }),
    pageCopies: small,
    packFiles: small,
    packBytes: fc.nat(300),
    smallTreeFiles: fc.constantFrom(0, 200),
  });

  let id = 0;
  const property = fc.asyncProperty(shape, async (options) => {
    const run = { ...rig.run, id: `run-${id++}`, options: { ...defaultJobOptions, ...options } };
    const listing = { ...rig, run };
    const pages = await listAll(listing);
    const listed: PageEntry[] = [];
    const copied: PageEntry[] = [];
    for (const page of pages) {
      const entries = await entriesOf(listing, page);
      listed.push(...entries);
      expect(entries.length).toBeLessThanOrEqual(options.pageEntries);
      expect(page.copies.length).toBeLessThanOrEqual(options.pageCopies);
      expect(page.files).toBe(entries.filter(({ kind }) => kind === 'file').length);
      for (const [number, copy] of page.copies.entries()) {
        expect(copy).toMatchObject({ page: page.number, number });
        const held = await filesOf(listing, copy);
        expect([held.length, held.reduce((sum, { size }) => sum + size, 0)]).toEqual([copy.files, copy.bytes]);
        copied.push(...held);
      }
    }
    expect(
      listed.map(({ copy, ...entry }) => (copy === undefined || entry.kind === 'file' ? entry : undefined)),
    ).toEqual(walked);
    expect(copied.map(({ path }) => path).toSorted()).toEqual(Object.keys(files).toSorted());
    expect(pages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Object.values(files).reduce((a, b) => a + b, 0));
  });
  await fc.assert(property, { numRuns: 15 });
});

test('a directory whose names do not fit into memory is listed page by page all the same', async () => {
  const rig = await openRig({ pageEntries: 10 });
  await writeTree(rig.root, Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`f${i}`, 1])));
  const activities = createActivities({ ...rig.deps, namesInMemory: 4 });
  const pages = await listAll({ ...rig, activities });
  const listed = await Promise.all(pages.map((page) => entriesOf(rig, page)));
  expect(listed.map(({ length }) => length)).toEqual([10, 10, 10, 10, 5]);
  const walked = await Array.fromAsync(walk(rig.root));
  expect(listed.flat().map(({ path }) => path)).toEqual(walked.map(({ path }) => path));
});

test('a small tree is copied one activity a file, which shows its path', async () => {
  const rig = await openRig({ smallTreeFiles: 3 });
  await writeTree(rig.root, { a: 0, 'b/50%': 5, c: 1 });
  const [page] = await listAll(rig);
  expect(page?.copies.map(({ label, files, bytes }) => ({ label, files, bytes }))).toEqual([
    { label: 'a', files: 1, bytes: 0 },
    { label: 'b/50%', files: 1, bytes: 5 },
    { label: 'c', files: 1, bytes: 1 },
  ]);
});

test('a larger tree is copied in packs, with a large file by itself', async () => {
  const rig = await openRig({ smallTreeFiles: 3, packBytes: 10 });
  await writeTree(rig.root, { a: 1, b: 11, c: 2, d: 3 });
  const [page] = await listAll(rig);
  expect(page?.copies.map(({ label, files, bytes }) => ({ label, files, bytes }))).toEqual([
    { label: undefined, files: 3, bytes: 6 },
    { label: 'b', files: 1, bytes: 11 },
  ]);
});

test('an empty directory is one empty page', async () => {
  expect(await listAll(await openRig())).toEqual([{ number: 0, copies: [], files: 0, bytes: 0 }]);
});

test('a page is listed once: a second attempt goes by what the first one wrote, for its copies may be under way', async () => {
  const rig = await openRig({ pageEntries: 2 });
  await writeTree(rig.root, { a: 1, b: 2, c: 3 });
  const first = await perform(rig.activities.listFiles, [rig.run, 0]);
  const entries = await entriesOf(rig, first);
  await writeTree(rig.root, { 'a-new-one': 4, b: 5 });
  expect(await perform(rig.activities.listFiles, [rig.run, 0], { attempt: 2 })).toEqual(first);
  expect(await entriesOf(rig, first)).toEqual(entries);
  expect(first.cursor).toBe('b');
});

test('a symlinked root is listed through the link, and one that leads outside is refused', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'site/a': 1 });
  await symlink('site', join(rig.root, 'link'));
  await symlink('/etc', join(rig.root, 'out'));
  const page = await perform(rig.activities.listFiles, [{ ...rig.run, root: join(rig.root, 'link') }, 0]);
  expect(page.files).toBe(1);
  const outside = perform(rig.activities.listFiles, [{ ...rig.run, root: join(rig.root, 'out') }, 1]);
  await expect(outside).rejects.toMatchObject({ type: 'RootNotAllowed', nonRetryable: true });
});

test('storage that is away makes the listing a failure to be tried again', async () => {
  const rig = await openRig();
  await writeFile(join(rig.root, 'a'), 'x');
  rig.proxy.rule(() => ({ status: 503 }));
  const listing = perform(rig.activities.listFiles, [rig.run, 0]);
  await expect(listing).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
});
