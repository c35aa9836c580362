import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { jobLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { environmentOf, perform } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import {
  allMemoryIsFree,
  backedUp,
  brief,
  commit,
  copyPages,
  fetches,
  listed,
  listPages,
  open,
  openRestoreRig,
  seal,
  snapshotOf,
} from './rig.ts';

test('an attempt after a crash fetches only what is not there yet and clears away what the crash left', async () => {
  const rig = await backedUp();
  const { restore, pages } = await listed(rig);
  await copyPages(rig, restore, pages);
  for await (const { name } of rig.container.listBlobsFlat({ prefix: jobLayout('restores', restore).outcomes(0) }))
    await rig.container.deleteBlob(name);
  await rm(join(rig.target, 'a'));
  // What a killed worker leaves: its temporary file, of which only the name is known from holding one up.
  const hold = rig.proxy.hold(fetches(rig, 'a'));
  const running = environmentOf();
  const dying = running.run(rig.activities.restoreFiles, restore, pages[0]?.copies[0] as never);
  await hold.reached;
  const temporary = (await readdir(rig.target)).find((name) => name.startsWith('.durable-restore-')) ?? '';
  running.cancel();
  await expect(dying).rejects.toThrow(CancelledFailure);
  hold.release();
  expect(await readdir(rig.target)).not.toContain(temporary);
  await writeFile(join(rig.target, temporary), randomBytes(10));
  const from = rig.proxy.requests.length;
  const results = await copyPages(rig, restore, pages, 3);
  expect(results.reduce((sum, { files }) => sum + files, 0)).toBe(3);
  expect(
    rig.proxy.requests
      .slice(from)
      .filter(fetches(rig))
      .every(({ path }) => path.endsWith('/a')),
  ).toBe(true);
  expect((await readdir(rig.target)).sort()).toEqual(['a', 'b', 'large']);
});

test('an attempt whose outcomes are written already gives the same result and touches nothing', async () => {
  const rig = await backedUp();
  const { restore, pages } = await listed(rig);
  const results = await copyPages(rig, restore, pages);
  await rm(join(rig.target, 'a'));
  const again = await copyPages(rig, restore, pages, 2);
  expect(again.map((result) => ({ ...result, transferred: result.bytes }))).toEqual(results);
  expect((await readdir(rig.target)).sort()).toEqual(['b', 'large']);
});

test('a cancelled copy ends soon, gives its memory back and leaves nothing half done', async () => {
  const rig = await backedUp();
  const { restore, pages } = await listed(rig);
  const copies = pages.flatMap((page) => page.copies);
  const hold = rig.proxy.hold(fetches(rig, 'large'));
  const running = environmentOf();
  const copying = Promise.all(copies.map((copy) => running.run(rig.activities.restoreFiles, restore, copy)));
  await hold.reached;
  running.cancel();
  await expect(copying).rejects.toThrow(CancelledFailure);
  hold.release();
  expect(await allMemoryIsFree(rig)).toBe(true);
  expect((await readdir(rig.target)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what a copy that gave up left is cleared away at the end, and its files are failures with its reason', async () => {
  const rig = await backedUp();
  const { restore, pages } = await listed(rig);
  const hold = rig.proxy.hold(fetches(rig, 'a'));
  const running = environmentOf();
  const dying = running.run(rig.activities.restoreFiles, restore, pages[0]?.copies[0] as never);
  await hold.reached;
  const temporary = (await readdir(rig.target)).find((name) => name.startsWith('.durable-restore-')) ?? '';
  running.cancel();
  await expect(dying).rejects.toThrow(CancelledFailure);
  hold.release();
  await writeFile(join(rig.target, temporary), 'half a file');
  const gaveUp = (pages[0]?.copies ?? []).map(({ number }) => ({ number, reason: 'the worker died' }));
  const sealed = await perform(rig.activities.sealRestorePage, [restore, 0, gaveUp]);
  expect(sealed).toMatchObject({ tally: { files: 3, failed: 3 } });
  expect(sealed.failures).toContainEqual({ path: 'a', outcome: 'failed', reason: 'the worker died' });
  const times = { startedAt: '2026-02-02T03:04:05.000Z', finishedAt: '2026-02-02T03:05:00.000Z' };
  await perform(rig.activities.commitRestore, [restore, times]);
  expect(await readdir(rig.target)).toEqual([]);
});

test('an attempt that is taken for dead and is not leaves it to the later one to tell what became of its files', async () => {
  const rig = await backedUp();
  const { restore, pages } = await listed(rig);
  const [copy] = pages[0]?.copies ?? [];
  if (!copy) throw new Error('nothing to restore');
  const hold = rig.proxy.hold(fetches(rig, 'a'));
  const slow = perform(rig.activities.restoreFiles, [restore, copy]);
  await hold.reached;
  await perform(rig.activities.restoreFiles, [restore, copy], { attempt: 2 });
  hold.release();
  await expect(slow).rejects.toMatchObject({ code: 'ENOENT', syscall: 'rename' });
  expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 3, failed: 0 });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('a target that was removed meanwhile is made again', async () => {
  const rig = await backedUp();
  const restore = await open(rig);
  await rm(rig.target, { recursive: true });
  const pages = await listPages(rig, restore);
  await rm(rig.target, { recursive: true });
  await copyPages(rig, restore, pages);
  expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 3, failed: 0 });
});

test('a directory whose permissions cannot be set at the end is a failure, which a later round makes good', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 1 });
  await mkdir(join(rig.root, 'empty'));
  await chmod(join(rig.root, 'empty'), 0o750);
  await backUpRun(rig);
  const { restore, pages } = await listed(rig);
  await copyPages(rig, restore, pages);
  await rm(join(rig.target, 'empty'), { recursive: true });
  const first = await seal(rig, restore, pages);
  expect(brief(first.rows)).toEqual({
    a: 'restored',
    empty: 'failed: its permissions and times cannot be set: ENOENT: no such file or directory',
  });
  expect(first.report.complete).toBe(false);
  await mkdir(join(rig.target, 'empty'));
  // As the workflow does, which knows of no page that failed.
  const second = await commit(rig, { ...restore, round: 1 });
  expect(second.tally).toMatchObject({ restored: 1, directories: 1, failed: 0 });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('what comes to stand in a place after it was listed stays when nothing is to be overwritten, and else gives way', async () => {
  for (const overwrite of ['never', 'if-changed'] as const) {
    const rig = await backedUp();
    const restore = await open(rig, { overwrite });
    const pages = await listPages(rig, restore);
    await writeFile(join(rig.target, 'a'), 'work of today');
    await copyPages(rig, restore, pages);
    const outcome = overwrite === 'never' ? 'kept' : 'restored';
    expect(brief((await seal(rig, restore, pages)).rows)).toEqual({ a: outcome, b: 'restored', large: 'restored' });
    expect(await readFile(join(rig.target, 'a'))).toHaveLength(overwrite === 'never' ? 13 : 1000);
  }
});
