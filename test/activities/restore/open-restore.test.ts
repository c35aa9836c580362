import { existsSync } from 'node:fs';
import { mkdir, readdir, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { RestoreInput } from '../../../src/contracts/restore.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { fileEntry, forgeRun } from '../../history/records/rig.ts';
import { writeTree } from '../../support/tree.ts';
import { blobBytes } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import { open, openRestoreRig, type RestoreRig } from './rig.ts';

let rig: RestoreRig;

beforeEach(async () => {
  rig = await openRestoreRig();
  await writeTree(rig.root, { 'd/a': 10, b: 20 });
  await backUpRun(rig);
});

/** That a restore is refused, with this type and words, and that nothing has changed where it would have been. */
async function expectRefusal(input: Partial<RestoreInput>, type: string, ...words: string[]): Promise<void> {
  const before = await readdir(rig.around, { recursive: true });
  const opening = open(rig, input);
  await expect(opening).rejects.toMatchObject({ type, nonRetryable: true });
  for (const word of words) await expect(opening).rejects.toThrow(word);
  expect(await readdir(rig.around, { recursive: true })).toEqual(before);
}

test('a restore is fixed with all that its activities need', async () => {
  const restore = await open(rig, {
    run: 'latest',
    root: rig.root,
    paths: ['./d/'],
    overwrite: 'always',
    delete: true,
  });
  const { etag } = await rig.container.getBlobClient(runLayout(rig.run).manifest).getProperties();
  expect(restore).toEqual({
    id: expect.stringMatching(/^20260202T\d{6}Z-[0-9a-f]{8}$/u),
    run: rig.run.id,
    manifestEtag: etag,
    root: rig.root,
    target: rig.target,
    container: rig.run.container,
    prefix: '',
    paths: ['/d/'],
    overwrite: 'always',
    delete: true,
    dryRun: false,
    deletions: 0,
    options: rig.run.options,
  });
  expect(await readdir(rig.target)).toEqual([]);
});

test.each<[string, Partial<RestoreInput>, string]>([
  ['a relative target', { target: 'here' }, 'target: "here" is not absolute'],
  ['a target that no path can be', { target: '/a\0b' }, 'target: holds a null character'],
  ['a run that is none', { run: 7 as unknown as string }, "run: must be a run's id"],
  [
    'a policy that there is not',
    { overwrite: 'sometimes' as 'never' },
    'overwrite: must be one of never, if-changed, always',
  ],
  ['a switch that is none', { delete: 'yes' as unknown as boolean }, 'delete: must be true or false'],
  ['an option that there is not', { options: { windows: 1 } as object }, 'options: "windows" is not known'],
  ['paths that are none', { paths: [] }, 'paths: must name something'],
  ['a path out of the root', { paths: ['d', '../etc'] }, 'paths: "../etc" is not relative to the root'],
  [
    'paths that match nothing, by name',
    { paths: ['d', 'nowhere', '*.nothing'] },
    'paths: "nowhere", "*.nothing" matches nothing',
  ],
])('%s is refused', async (_, input, words) => {
  await expectRefusal(input, 'InvalidInput', words);
});

test('a run that is not there is refused', async () => {
  await expectRefusal({ run: '20200102T030405Z-0123abcd' }, 'RunNotFound');
  await expectRefusal({ run: 'latest', root: '/elsewhere' }, 'RunNotFound');
});

test('a target outside the allowed directories is refused, also through a symlink or before it exists', async () => {
  await symlink('/etc', join(rig.around, 'link'));
  for (const target of [
    '/etc',
    '/',
    '/nowhere/at/all',
    join(rig.around, '..'),
    join(rig.around, 'link'),
    join(rig.around, 'link/new'),
  ]) {
    await expectRefusal({ target }, 'RootNotAllowed');
  }
  expect(existsSync('/etc/new')).toBe(false);
});

test('a target that is no directory, or behind something that is none, is refused', async () => {
  await writeFile(join(rig.around, 'file'), '');
  await symlink('nowhere', join(rig.around, 'dangling'));
  await expectRefusal({ target: join(rig.around, 'file') }, 'TargetUnusable', 'is not a directory');
  await expectRefusal({ target: join(rig.around, 'file/in') }, 'TargetUnusable', 'leads through something');
  await expectRefusal({ target: join(rig.around, 'dangling') }, 'TargetUnusable', 'cannot be written to');
});

test('a target without the space that the files need is refused with both figures, and one that holds them already is not', async () => {
  const { bavail, bsize } = await statfs(rig.around);
  const size = bavail * bsize * 1000;
  const id = '20260103T030405Z-0123abcd';
  await forgeRun(rig.deps.store, { id, shards: [[fileEntry('huge', { size }), fileEntry('small')]] });
  await expectRefusal({ run: id }, 'TargetUnusable', ' bytes free and the restore needs ', String(size + 1));
  await expectRefusal({ run: id, dryRun: true, paths: ['huge'] }, 'TargetUnusable', String(size));
  expect(await open(rig, { run: id, paths: ['small'] })).toMatchObject({ run: id });
});

test('a manifest or a shard that was altered, truncated or is missing is refused, whatever is asked for', async () => {
  const layout = runLayout(rig.run);
  for (const name of [layout.manifest, layout.shard(0)]) {
    const blob = rig.container.getBlockBlobClient(name);
    const whole = await blobBytes(rig, name);
    const { metadata = {} } = await blob.getProperties();
    const altered = Buffer.from(whole);
    altered[30] = (altered[30] ?? 0) ^ 1;
    for (const bytes of [altered, whole.subarray(0, -2)]) {
      await blob.upload(bytes, bytes.length, { metadata });
      await expectRefusal({}, 'ManifestInvalid', name);
      await expectRefusal({ paths: ['b'], dryRun: true }, 'ManifestInvalid', name);
    }
    await blob.upload(whole, whole.length, { metadata });
  }
  await rig.container.deleteBlob(layout.shard(0));
  await expectRefusal({}, 'ManifestInvalid', 'is missing');
});

test.each([
  ['a path out of the target', fileEntry('../evil')],
  ['an absolute path', fileEntry('/etc/evil')],
  ['an encoded way out', fileEntry('%2E%2E/evil')],
  ['an encoded slash', fileEntry('a%2Fb')],
  ['a blob of the system folder', fileEntry('a', { blob: '.durable-backup/@/owner.json' })],
])('a manifest with %s is refused before anything is written', async (_, entry) => {
  const id = '20260103T030405Z-0123abcd';
  await forgeRun(rig.deps.store, { id, shards: [[fileEntry('!ok'), entry]] });
  await expectRefusal({ run: id }, 'ManifestInvalid', 'line 2');
});

test('a target that is a symlink within the allowed directories is fine', async () => {
  await mkdir(join(rig.around, 'real'));
  await symlink('real', join(rig.around, 'link'));
  expect(await open(rig, { target: join(rig.around, 'link/new') })).toMatchObject({
    target: join(rig.around, 'link/new'),
  });
  expect(await readdir(join(rig.around, 'real'))).toEqual(['new']);
});
