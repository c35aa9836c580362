import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { content, writeTree } from '../../support/tree.ts';
import { nameOf } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import {
  allMemoryIsFree,
  backedUp,
  brief,
  copyPages,
  fetches,
  listed,
  restoreAgain,
  restoreRun,
  seal,
  snapshotOf,
} from './rig.ts';

test('storage that is away fails the activity, to be tried again, and leaves the target as it was', async () => {
  const rig = await backedUp();
  const { restore, pages } = await listed(rig);
  const isFetch = fetches(rig);
  const remove = rig.proxy.rule((request) => (isFetch(request) ? { status: 503 } : undefined));
  await expect(copyPages(rig, restore, pages)).rejects.toMatchObject({
    type: 'StorageUnavailable',
    nonRetryable: false,
  });
  expect((await readdir(rig.target)).filter((name) => name !== 'b')).toEqual([]);
  expect(await allMemoryIsFree(rig)).toBe(true);
  remove();
  await copyPages(rig, restore, pages, 2);
  expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 3, failed: 0 });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('on the last attempt it is an outcome, the rest is restored, and a later round restores exactly the rest', async () => {
  const rig = await backedUp({ copyAttempts: 1 });
  const isFetch = fetches(rig, 'a');
  const remove = rig.proxy.rule((request) => (isFetch(request) ? { status: 503 } : undefined));
  const first = await restoreRun(rig);
  expect(first.tally).toMatchObject({ files: 3, restored: 2, failed: 1 });
  expect(first.report.complete).toBe(false);
  expect(first.rows.find(({ path }) => path === 'a')?.reason).toContain('503');
  expect((await readdir(rig.target)).sort()).toEqual(['b', 'large']);
  remove();
  const before = await stat(join(rig.target, 'large'));
  const from = rig.proxy.requests.length;
  const second = await restoreAgain(rig, first);
  expect(second.tally).toMatchObject({ files: 3, restored: 3, failed: 0 });
  expect(second.report.complete).toBe(true);
  expect(second.rows.map(({ path }) => path)).toEqual(['a', 'b', 'large']);
  expect(
    rig.proxy.requests
      .slice(from)
      .filter(fetches(rig))
      .every(({ path }) => path.endsWith('/a')),
  ).toBe(true);
  expect((await stat(join(rig.target, 'large'))).ino).toBe(before.ino);
});

test('content that went wrong on the way is asked for once more', async () => {
  const rig = await backedUp();
  const isFetch = fetches(rig, 'a');
  let left = 1;
  rig.proxy.rule((request) =>
    isFetch(request) && left-- > 0 ? { tamperAnswer: (body) => content(body.length, 77) } : undefined,
  );
  expect((await restoreRun(rig)).tally).toMatchObject({ restored: 3, failed: 0 });
  expect(left).toBeLessThan(0);
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('content that is corrupt however often it is read does not reach the target', async () => {
  const rig = await backedUp();
  await writeTree(rig.target, { a: 3 });
  const before = await readFile(join(rig.target, 'a'));
  for (const path of ['a', 'large']) {
    const isFetch = fetches(rig, path);
    rig.proxy.rule((request) => (isFetch(request) ? { tamperAnswer: (body) => content(body.length, 77) } : undefined));
  }
  const { rows } = await restoreRun(rig);
  expect(brief(rows)).toEqual({
    a: expect.stringMatching(
      /^failed: corrupt in storage: 1000 bytes with SHA-256 [0-9a-f]{64} instead of 1000 with /u,
    ),
    b: 'restored',
    large: expect.stringMatching(/^failed: corrupt in storage: /u),
  });
  expect((await readFile(join(rig.target, 'a'))).equals(before)).toBe(true);
  expect((await readdir(rig.target)).sort()).toEqual(['a', 'b']);
});

test('a blob that is gone, or has become another without a snapshot, is a failure that names it', async () => {
  const rig = await backedUp();
  await rig.container.deleteBlob(nameOf(rig, 'a'));
  await rig.container.getBlockBlobClient(nameOf(rig, 'large')).upload('other', 5);
  const { rows } = await restoreRun(rig);
  const reason = (path: string) =>
    `failed: no longer in storage: neither ${nameOf(rig, path)} nor a snapshot of it is what the run put there`;
  expect(brief(rows)).toEqual({ a: reason('a'), b: 'restored', large: reason('large') });
});

test('an older run comes back from snapshots, also when the blob is overwritten while it is read', async () => {
  const rig = await backedUp();
  const old = snapshotOf(rig.root);
  const bytes = await readFile(join(rig.root, 'large'));
  await writeFile(join(rig.root, 'a'), 'newer');
  await backUpRun(rig, '20260103T030405Z-0123abcd');
  const { restore, pages } = await listed(rig);
  const isFetch = fetches(rig, 'large');
  // The second block is asked for after a newer backup has overwritten the file.
  let fetched = 0;
  rig.proxy.rule(async (request) => {
    if (!isFetch(request) || (fetched += 1) !== 2) return undefined;
    const blob = rig.container.getBlockBlobClient(nameOf(rig, 'large'));
    await blob.createSnapshot();
    await blob.upload('newest', 6);
    return undefined;
  });
  await copyPages(rig, restore, pages);
  expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 3, failed: 0 });
  expect(snapshotOf(rig.target)).toEqual(old);
  expect((await readFile(join(rig.target, 'large'))).equals(bytes)).toBe(true);
});
