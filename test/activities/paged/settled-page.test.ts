import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Page } from '../../../src/contracts/job.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import { emptyTally } from '../../../src/contracts/backup.ts';
import { readShard, writeShard } from '../../../src/activities/paged/shard.ts';
import { parseNdjson } from '../../../src/storage/ndjson.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { blobNames, openRig, perform, type Rig } from '../rig.ts';

const list = ({ activities, run }: Rig, attempt: number): Promise<Page> =>
  perform(activities.listFiles, [run, 0], { attempt });

async function seal(rig: Rig, page: Page) {
  for (const copy of page.copies) await perform(rig.activities.copyFiles, [rig.run, copy]);
  const sealed = await perform(rig.activities.sealPage, [rig.run, 0, []]);
  const { signal } = new AbortController();
  const rows = await readShard<ManifestEntry>(rig.deps.store, runLayout(rig.run).shard(0), signal);
  return { ...sealed, rows: rows.map(({ path, outcome }) => `${path} ${outcome}`) };
}

/** A tree of which nothing has to be copied. */
async function openFolders(): Promise<Rig> {
  const rig = await openRig();
  await mkdir(join(rig.root, 'a/b'), { recursive: true });
  return rig;
}

const pageBlob = ({ run, container }: Rig) => container.getBlobClient(runLayout(run).page(0));

test('a page of which nothing has to be copied is sealed as it is listed, and counted by sealing it', async () => {
  const rig = await openFolders();
  const page = await list(rig, 1);
  expect(page).toEqual({ number: 0, copies: [], files: 0, bytes: 0 });
  const from = rig.proxy.requests.length;
  expect(await seal(rig, page)).toMatchObject({
    tally: { directories: 2, files: 0, failed: 0 },
    failures: [],
    rows: ['a recorded', 'a/b recorded'],
  });
  expect(rig.proxy.requests.slice(from).filter(({ method }) => method === 'PUT')).toEqual([]);
});

test('what could not be listed of such a page is among its failures', async () => {
  const rig = await openFolders();
  const layout = runLayout(rig.run);
  await list(rig, 1);
  // As root, a test finds nothing that it may not list.
  const row = { path: 'x', kind: 'other' as const, outcome: 'failed', reason: 'EACCES', size: 0, mode: 0, attempts: 1 };
  const { signal } = new AbortController();
  await writeShard(rig.deps.store, layout.shard(0), [row], { ...emptyTally, failed: 1 }, signal);
  const { failures, tally: counted } = await perform(rig.activities.sealPage, [rig.run, 0, []]);
  expect(counted.failed).toBe(1);
  expect(failures).toEqual([{ path: 'x', outcome: 'failed', reason: 'EACCES' }]);
});

test('a second attempt that finds files goes by the page that the first one settled', async () => {
  const rig = await openFolders();
  const page = await list(rig, 1);
  await writeTree(rig.root, { 'a/late': 5 });
  expect(await list(rig, 2)).toEqual(page);
  expect((await seal(rig, page)).rows).toEqual(['a recorded', 'a/b recorded']);
});

test('a second attempt that finds nothing to copy goes by the copies that the first one planned', async () => {
  const rig = await openFolders();
  await writeTree(rig.root, { 'a/file': 5 });
  const page = await list(rig, 1);
  await rm(join(rig.root, 'a/file'));
  expect(await list(rig, 2)).toEqual(page);
  expect((await seal(rig, page)).rows).toEqual(['a recorded', 'a/b recorded', 'a/file skipped']);
});

test('of an attempt that ended between shard and page, the next one takes the shard, or plans anew what it finds', async () => {
  const rig = await openFolders();
  const page = await list(rig, 1);
  await pageBlob(rig).delete();
  await mkdir(join(rig.root, 'c'));
  expect(await list(rig, 2)).toEqual(page);
  expect((await seal(rig, page)).rows).toEqual(['a recorded', 'a/b recorded']);
  await pageBlob(rig).delete();
  await writeTree(rig.root, { file: 5 });
  const anew = await list(rig, 3);
  expect(anew.copies).toHaveLength(1);
  expect((await seal(rig, anew)).rows).toEqual(['a recorded', 'a/b recorded', 'c recorded', 'file uploaded']);
});

test('an attempt taken for dead that comes last leaves what was sealed meanwhile', async () => {
  const rig = await openFolders();
  await writeTree(rig.root, { file: 5 });
  const page = await list(rig, 2);
  const { rows } = await seal(rig, page);
  await rm(join(rig.root, 'file'));
  await list(rig, 1);
  const { signal } = new AbortController();
  const stored = await readShard<ManifestEntry>(rig.deps.store, runLayout(rig.run).shard(0), signal);
  expect(stored.map(({ path, outcome }) => `${path} ${outcome}`)).toEqual(rows);
  expect((await blobNames(rig)).some((name) => name.endsWith('file'))).toBe(true);
});

test('a worker of an earlier version, which knows no settled pages, does not take one for an empty one', async () => {
  const rig = await openFolders();
  await list(rig, 1);
  const lines = (await pageBlob(rig).downloadToBuffer()).toString();
  expect(() => parseNdjson(lines)).toThrow(SyntaxError);
});
