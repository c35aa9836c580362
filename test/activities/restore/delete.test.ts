import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTree } from '../../support/tree.ts';
import { perform } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import {
  brief,
  commit,
  copyPages,
  listPages,
  mirror,
  open,
  openRestoreRig,
  restoreAgain,
  restoreRun,
  seal,
  snapshotOf,
  type RestoreRig,
} from './rig.ts';

async function targetWithMore(pageEntries = 1000): Promise<RestoreRig> {
  const rig = await openRestoreRig({ pageEntries });
  await writeTree(rig.root, { a: 1, 'd/in': 2, z: 3 });
  await backUpRun(rig);
  await writeTree(rig.target, { 'd/more': 1, 'extra/deep/er/file': 2, 'a-b': 3, A: 4 });
  await mkdir(join(rig.target, 'empty'));
  await symlink('/etc', join(rig.target, 'out'));
  await writeTree(rig.around, { 'outside/precious': 10 });
  await symlink(join(rig.around, 'outside'), join(rig.target, 'd/link'));
  await writeFile(Buffer.concat([Buffer.from(`${rig.target}/`), Buffer.from('ff0a', 'hex')]), 'x');
  return rig;
}

const extra = [
  'A',
  '%FF%0A',
  'a-b',
  'd/link',
  'd/more',
  'empty',
  'extra',
  'extra/deep',
  'extra/deep/er',
  'extra/deep/er/file',
  'out',
];

// Parts of the plan are of one page's size; one row each is the hardest case.
test.each([1000, 3, 1])(
  'what the run does not hold is deleted, and nothing outside (parts of %i)',
  async (pageEntries) => {
    const rig = await targetWithMore(pageEntries);
    const before = snapshotOf(rig.target);
    const dry = await restoreRun(rig, { ...mirror, dryRun: true });
    expect(snapshotOf(rig.target)).toEqual(before);
    const { rows, tally } = await restoreRun(rig, { ...mirror });
    expect(
      rows
        .filter(({ outcome }) => outcome === 'deleted')
        .map(({ path }) => path)
        .sort(),
    ).toEqual([...extra].sort());
    expect(tally).toMatchObject({ files: 3, deleted: extra.length, restored: 3, failed: 0 });
    expect(dry.tally).toEqual(tally);
    expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
    expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
    expect(await readdir(join(rig.around, 'outside'))).toEqual(['precious']);
  },
);

test('of a part of the tree only what is in that part is deleted', async () => {
  const rig = await targetWithMore();
  const { rows } = await restoreRun(rig, { ...mirror, paths: ['d'] });
  expect(brief(rows)).toEqual({ d: 'restored', 'd/in': 'restored', 'd/link': 'deleted', 'd/more': 'deleted' });
  expect(await readdir(rig.target)).toEqual(expect.arrayContaining(['a-b', 'extra', 'out']));
});

test('without delete nothing is deleted', async () => {
  const rig = await targetWithMore();
  const { tally } = await restoreRun(rig);
  expect(tally).toMatchObject({ deleted: 0, restored: 3 });
  expect(await readdir(rig.target)).toEqual(expect.arrayContaining(['A', 'a-b', 'extra', 'out']));
});

test('after a failure nothing is deleted; a later round that succeeds deletes', async () => {
  const rig = await targetWithMore();
  const remove = rig.proxy.rule(({ path }) =>
    path.endsWith('/z') ? { status: 403, code: 'AuthorizationFailure' } : undefined,
  );
  const first = await restoreRun(rig, { ...mirror });
  expect(first.tally).toMatchObject({ restored: 2, failed: 1, deleted: 0 });
  expect(first.report.complete).toBe(false);
  expect(await readdir(join(rig.target, 'extra'))).toEqual(['deep']);
  remove();
  const second = await restoreAgain(rig, first);
  expect(second.tally).toMatchObject({ restored: 3, failed: 0, deleted: extra.length });
  expect(second.report.complete).toBe(true);
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('an attempt after one that died goes on with the same plan, and every path stays in the ledger', async () => {
  const rig = await targetWithMore(2);
  const restore = await open(rig, { ...mirror });
  const pages = await listPages(rig, restore);
  await copyPages(rig, restore, pages);
  for (const { number } of pages) await perform(rig.activities.sealRestorePage, [restore, number, []]);
  // The report cannot be written, after everything is done.
  const remove = rig.proxy.rule(({ path }) => (path.endsWith('report.json') ? { status: 503 } : undefined));
  await expect(commit(rig, restore)).rejects.toMatchObject({ type: 'StorageUnavailable' });
  remove();
  const { rows, tally } = await commit(rig, restore);
  expect(
    rows
      .filter(({ outcome }) => outcome === 'deleted')
      .map(({ path }) => path)
      .sort(),
  ).toEqual([...extra].sort());
  expect(tally).toMatchObject({ deleted: extra.length, failed: 0 });
  // And once more, when the answer got lost.
  expect((await commit(rig, restore)).tally).toEqual(tally);
});

test('a directory into which something is put meanwhile stays, and that is a failure', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 1 });
  await backUpRun(rig);
  await writeTree(rig.target, { 'extra/old': 1 });
  const restore = await open(rig, { ...mirror });
  const pages = await listPages(rig, restore);
  await copyPages(rig, restore, pages);
  // While what is to be deleted is written down.
  const written = rig.proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('90000000.ndjson.gz'));
  const sealing = seal(rig, restore, pages);
  await written.reached;
  await writeFile(join(rig.target, 'extra/new'), 'work of today');
  written.release();
  const first = await sealing;
  expect(brief(first.rows)).toEqual({
    a: 'restored',
    extra: 'failed: cannot be deleted: ENOTEMPTY: directory not empty',
    'extra/old': 'deleted',
  });
  expect(await readdir(join(rig.target, 'extra'))).toEqual(['new']);
  await rm(join(rig.target, 'extra/new'));
  // It is no file of the run that failed.
  expect(first.tally).toMatchObject({ files: 1, deleted: 1, failed: 1, undeleted: 1 });
  const second = await restoreAgain(rig, first);
  expect(second.tally).toMatchObject({ deleted: 2, failed: 0, undeleted: 0 });
  expect(await readdir(rig.target)).toEqual(['a']);
});
