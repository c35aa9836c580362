import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryNameOf } from '../../../src/activities/restore/target/temporaries.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { fileEntry, forgeRun, sha256 } from '../../history/records/rig.ts';
import { writeTree } from '../../support/tree.ts';
import { perform } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import { brief, copyPages, listPages, open, openRestoreRig, restoreRun, seal } from './rig.ts';

test('a folder of the target that is a symlink out of it is not written through', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'd/a': 10, 'd/deep/b': 20 });
  await backUpRun(rig);
  await mkdir(join(rig.around, 'outside'));
  await mkdir(rig.target);
  await symlink(join(rig.around, 'outside'), join(rig.target, 'd'));
  const { rows, tally } = await restoreRun(rig);
  expect(tally).toMatchObject({ failed: 4, restored: 0 });
  expect(rows.every(({ reason }) => reason !== undefined)).toBe(true);
  expect(await readdir(join(rig.around, 'outside'))).toEqual([]);
});

test('a folder that becomes a symlink after it was listed is not written through', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'd/a': 10, ok: 1 });
  await backUpRun(rig);
  await mkdir(join(rig.target, 'd'), { recursive: true });
  await mkdir(join(rig.around, 'outside'));
  const restore = await open(rig);
  const pages = await listPages(rig, restore);
  await rename(join(rig.target, 'd'), join(rig.around, 'moved'));
  await symlink(join(rig.around, 'outside'), join(rig.target, 'd'));
  await copyPages(rig, restore, pages);
  const { rows } = await seal(rig, restore, pages);
  const reason = 'd is a symlink in the target, where a directory belongs: move it away, or restore with delete';
  expect(brief(rows)).toEqual({ d: `failed: ${reason}`, 'd/a': `failed: ${reason}`, ok: 'restored' });
  expect(await readdir(join(rig.around, 'outside'))).toEqual([]);
});

test('a folder that becomes a symlink while its file is fetched is not written through', async () => {
  const rig = await openRestoreRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { 'd/a': 10 });
  await backUpRun(rig);
  await mkdir(join(rig.around, 'outside'));
  const restore = await open(rig);
  const pages = await listPages(rig, restore);
  const fetching = rig.proxy.hold(({ method, path }) => method === 'GET' && path.endsWith('/d/a'));
  const copying = copyPages(rig, restore, pages);
  await fetching.reached;
  await rename(join(rig.target, 'd'), join(rig.around, 'moved'));
  await symlink(join(rig.around, 'outside'), join(rig.target, 'd'));
  fetching.release();
  await copying;
  const { rows } = await seal(rig, restore, pages);
  expect(rows.find(({ path }) => path === 'd/a')).toMatchObject({
    outcome: 'failed',
    // Which of them it is goes by how long ago the folder was looked at.
    reason: expect.stringMatching(
      /d (?:was moved or replaced meanwhile|is a symlink in the target, where a directory belongs)/u,
    ),
  });
  expect(await readdir(join(rig.around, 'outside'))).toEqual([]);
});

test('a manifest cannot lay a symlink and then write through it', async () => {
  const rig = await openRestoreRig();
  const blob = rig.container.getBlockBlobClient('srv/x');
  const { etag = '' } = await blob.upload('evil', 4);
  const id = '20260103T030405Z-0123abcd';
  const link = fileEntry('a', { kind: 'symlink', outcome: 'recorded', target: rig.around });
  const file = fileEntry('a/x', { blob: 'srv/x', etag, size: 4, sha256: sha256('evil') });
  await forgeRun(rig.deps.store, { id, shards: [[link, file]] });
  for (const overwrite of ['if-changed', 'always', 'never'] as const) {
    const { tally } = await restoreRun(rig, { run: id, overwrite });
    expect(tally.failed).toBeGreaterThan(0);
    expect((await readdir(rig.around)).sort()).toEqual(['target']);
    await rm(rig.target, { recursive: true });
  }
});

test.each([
  ['small', 10],
  ['large', 400_000],
])(
  'a symlink that stands where the temporary file of a %s one would is replaced and not written through',
  async (_, size) => {
    const rig = await openRestoreRig();
    await writeTree(rig.root, { a: size });
    await backUpRun(rig);
    await writeFile(join(rig.around, 'precious'), 'mine');
    const restore = await open(rig);
    const pages = await listPages(rig, restore);
    const name = temporaryNameOf(restore.id, Buffer.from(join(rig.target, 'a')), 1).toString();
    await symlink(join(rig.around, 'precious'), join(rig.target, name));
    await copyPages(rig, restore, pages);
    expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 1, failed: 0 });
    expect(await readdir(rig.target)).toEqual(['a']);
    expect(await readFile(join(rig.around, 'precious'), 'utf8')).toBe('mine');
  },
);

test('a target that leads out of the allowed directories by now is refused by every activity', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  const restore = await open(rig);
  const [page] = await listPages(rig, restore);
  const [copy] = page?.copies ?? [];
  if (!copy) throw new Error('nothing to restore');
  await rm(rig.target, { recursive: true });
  await symlink('/etc', rig.target);
  const { listRestore, restoreFiles, commitRestore } = rig.activities;
  const refusal = { type: 'RootNotAllowed', nonRetryable: true };
  await expect(perform(listRestore, [restore, 1])).rejects.toMatchObject(refusal);
  await expect(perform(restoreFiles, [restore, copy])).rejects.toMatchObject(refusal);
  await expect(
    perform(commitRestore, [
      { ...restore, delete: true },
      { startedAt: '', finishedAt: '' },
    ]),
  ).rejects.toMatchObject(refusal);
});

test('a manifest that is another by now is refused', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  const restore = await open(rig);
  const name = runLayout(rig.run).manifest;
  await rig.container.getBlobClient(name).setMetadata({ touched: 'yes' });
  const listing = perform(rig.activities.listRestore, [restore, 0]);
  await expect(listing).rejects.toMatchObject({ type: 'ManifestInvalid', nonRetryable: true });
});
