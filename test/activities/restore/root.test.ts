import { chmod, chown, mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { RestoreInput } from '../../../src/contracts/restore.ts';
import { fileEntry, forgeRun } from '../../history/records/rig.ts';
import { runAsNobody } from '../../support/as-nobody.ts';
import { brief, copyPages, listPages, open, openRestoreRig, restoreRun, seal, type RestoreRig } from './rig.ts';

const id = '20260103T030405Z-0123abcd';
const rootAttributes = { size: 4096, mtimeNs: '1700000000123456000', ctimeNs: '1700000000123456000', mode: 0o710 };
const own = [0o710, 1_700_000_000_123_456_000n / 1000n];

/** A rig with a run of the folder `d`, whose root had these attributes. */
async function rigOfRun(attributes: object = { rootAttributes }): Promise<RestoreRig> {
  const rig = await openRestoreRig();
  const folder = fileEntry('d', { kind: 'directory', outcome: 'recorded', mode: 0o755 });
  await forgeRun(rig.deps.store, { id, shards: [[folder]], manifest: attributes });
  return rig;
}

async function attributesOf(path: string): Promise<unknown[]> {
  const { mode, mtimeNs } = await stat(path, { bigint: true });
  return [Number(mode & 0o7777n), mtimeNs / 1000n];
}

/** A target that is there, with other attributes. */
async function makeTarget({ target }: RestoreRig, files: readonly string[] = []): Promise<unknown[]> {
  await mkdir(target);
  for (const file of files) await writeFile(join(target, file), 'mine');
  await chmod(target, 0o775);
  await utimes(target, 1, 1);
  return attributesOf(target);
}

test('a new target gets the permissions and the time of the root, and nobody else looks into it before', async () => {
  const rig = await rigOfRun();
  const restore = await open(rig, { run: id });
  expect((await attributesOf(rig.target))[0]).toBe(0o700);
  const pages = await listPages(rig, restore);
  await copyPages(rig, restore, pages);
  await seal(rig, restore, pages);
  expect(await attributesOf(rig.target)).toEqual(own);
});

test.each<[string, readonly string[], Partial<RestoreInput>]>([
  ['with files in it', ['mine'], {}],
  ['with files in it, which go', ['mine'], { delete: true, force: true }],
  ['empty, for a restore that leaves alone what is there', [], { overwrite: 'never' }],
])('a target that is there gets the permissions and the time of the root: %s', async (_, files, input) => {
  const rig = await rigOfRun();
  await makeTarget(rig, files);
  expect((await restoreRun(rig, { run: id, ...input })).tally).toMatchObject({ directories: 1, failed: 0 });
  expect(await attributesOf(rig.target)).toEqual(own);
});

test.each<[string, Partial<RestoreInput>]>([
  ['one of some paths', { paths: ['d'] }],
  ['one that leaves alone what is there', { overwrite: 'never' }],
])('a restore keeps the permissions of a target that is there: %s', async (_, input) => {
  const rig = await rigOfRun();
  const [mode] = await makeTarget(rig, ['mine']);
  await restoreRun(rig, { run: id, ...input });
  expect((await attributesOf(rig.target))[0]).toBe(mode);
});

test('a dry run changes nothing about the target', async () => {
  const rig = await rigOfRun();
  const before = await makeTarget(rig);
  await restoreRun(rig, { run: id, dryRun: true });
  expect(await attributesOf(rig.target)).toEqual(before);
});

test('a run that does not tell what its root was like leaves the target as it is', async () => {
  const rig = await rigOfRun({});
  const [mode] = await makeTarget(rig);
  await restoreRun(rig, { run: id });
  expect((await attributesOf(rig.target))[0]).toBe(mode);
});

test('a target of somebody else that may be written to is restored into, and told not to have become as the root was', async () => {
  const rig = await rigOfRun();
  await makeTarget(rig);
  await chmod(rig.around, 0o755);
  await chmod(rig.target, 0o777);
  // Without the rights of root a test can make no file of somebody else.
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) await chown(rig.target, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  const program = new URL('restore-process.ts', import.meta.url);
  const input = JSON.stringify({ run: id });
  const args = [inject('connectionString'), rig.container.containerName, rig.target, input];
  const { tally } = JSON.parse(await runAsNobody(program, ...args)) as { tally: object };
  expect(tally).toMatchObject({ directories: 1, failed: isRoot ? 1 : 0 });
});

test('what could not be done about the target is told once, and no longer when it is done', async () => {
  const rig = await rigOfRun();
  await mkdir(rig.target);
  const restore = await open(rig, { run: id });
  const pages = await listPages(rig, restore);
  await copyPages(rig, restore, pages);
  const impossible = { ...restore, rootAttributes: { ...rootAttributes, mtimeNs: 'never' } };
  const failed = await seal(rig, impossible, pages);
  expect(failed.tally).toMatchObject({ failed: 1, directories: 1 });
  expect(brief(failed.rows)['.']).toMatch(/^failed: its permissions and times cannot be set: /u);
  const after = await seal(rig, restore, pages);
  expect([after.tally.failed, Object.keys(brief(after.rows))]).toEqual([0, ['d']]);
  expect(await attributesOf(rig.target)).toEqual(own);
});
