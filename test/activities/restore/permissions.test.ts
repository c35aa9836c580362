import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { runAsNobody } from '../../support/as-nobody.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpRun } from '../verify/rig.ts';
import { openRestoreRig, snapshotOf, type RestoreRig } from './rig.ts';

const nobody = 65_534;

/** A run with folders and files closed to everybody, and a target for a user whom permissions bind, which root is not. */
async function closedTree(): Promise<RestoreRig> {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'closed/deep/a': 10, 'read-only/b': 20, 'read-only/c': 30, secret: 40 });
  await chmod(join(rig.root, 'secret'), 0o000);
  await chmod(join(rig.root, 'read-only'), 0o555);
  await chmod(join(rig.root, 'closed/deep'), 0o500);
  await chmod(join(rig.root, 'closed'), 0o000);
  onTestFinished(() => void execFileSync('chmod', ['-R', 'u+rwX', rig.root, rig.around]));
  await backUpRun(rig);
  await mkdir(rig.target);
  await chmod(rig.around, 0o755);
  if (process.getuid?.() === 0) await chown(rig.target, nobody, nobody);
  return rig;
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

async function restoreAsNobody(rig: RestoreRig, input: object = {}): Promise<unknown> {
  const program = new URL('restore-process.ts', import.meta.url);
  const args = [inject('connectionString'), rig.container.containerName, rig.target, JSON.stringify(input)];
  return JSON.parse(await runAsNobody(program, ...args));
}

// With pages of one entry each folder is on a page before those in it.
test.each([1, 1000])(
  'folders that may not be written to are opened for as long as it takes, again and again (pages of %i)',
  async (pageEntries) => {
    const rig = await closedTree();
    const restored = { restored: 4, directories: 3, failed: 0 };
    const options = { pageEntries };
    expect(await restoreAsNobody(rig, { options })).toMatchObject({ tally: restored, failures: [] });
    expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
    await chmod(join(rig.target, 'read-only'), 0o700);
    await writeFile(join(rig.target, 'read-only/b'), 'spoilt');
    await writeFile(join(rig.target, 'read-only/extra'), 'more');
    await chmod(join(rig.target, 'read-only'), 0o555);
    expect(await restoreAsNobody(rig, { delete: true, force: true, options })).toMatchObject({
      tally: { deleted: 1, failed: 0 },
    });
    expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  },
);

/** A folder of the target that its owner may not write to, or not even enter. */
async function closedFolder(rig: RestoreRig, name: string, mode: number): Promise<string> {
  const folder = join(rig.target, name);
  await mkdir(folder, { recursive: true });
  if (process.getuid?.() === 0) await chown(folder, nobody, nobody);
  await chmod(folder, mode);
  return folder;
}

test.each<[string, object, number]>([
  ['one of some paths', { paths: ['read-only/b', 'secret'] }, 0o555],
  ['one of some paths, closed to its owner', { paths: ['read-only/b', 'secret'] }, 0o050],
  ['one that leaves alone what is there', { overwrite: 'never' }, 0o511],
])('a folder that a restore does not restore itself is opened up for it and put back: %s', async (_, input, mode) => {
  const rig = await closedTree();
  const folder = await closedFolder(rig, 'read-only', mode);
  await closedFolder(rig, '', mode);
  expect(await restoreAsNobody(rig, input)).toMatchObject({ tally: { failed: 0 }, failures: [] });
  expect(await readdir(folder)).toContain('b');
  expect(await readdir(rig.target)).toContain('secret');
  expect([await modeOf(folder), await modeOf(rig.target)]).toEqual([mode, mode]);
});

test('a folder that was opened up is put back by the attempt that follows the death of a worker', async () => {
  const rig = await closedTree();
  const folder = await closedFolder(rig, 'read-only', 0o555);
  const input = { paths: ['read-only/b'] };
  const dying = restoreAsNobody(rig, { ...input, dies: true });
  const { stdout } = (await dying.catch((error: unknown) => error)) as { stdout: string };
  const begun: unknown = JSON.parse(stdout);
  expect([await readdir(folder), await modeOf(folder)]).toEqual([['b'], 0o755]);
  expect(await restoreAsNobody(rig, { ...input, begun })).toMatchObject({ tally: { failed: 0 }, failures: [] });
  expect(await modeOf(folder)).toBe(0o555);
});

test('a folder of the target that keeps more than the run holds is put back when a restore fails', async () => {
  const rig = await closedTree();
  const folder = await closedFolder(rig, 'read-only', 0o555);
  await rig.container.deleteBlob(`${rig.root.slice(1)}/read-only/b`);
  expect(await restoreAsNobody(rig, { paths: ['read-only/b', 'read-only/c'] })).toMatchObject({
    tally: { failed: 1, restored: 1 },
  });
  expect([await readdir(folder), await modeOf(folder)]).toEqual([['c'], 0o555]);
});

test('folders that go with what the run does not hold are opened up for it', async () => {
  const rig = await closedTree();
  await restoreAsNobody(rig);
  const folder = await closedFolder(rig, 'extra/deep', 0o700);
  await writeFile(join(folder, 'a'), 'more');
  await closedFolder(rig, 'extra/deep', 0o500);
  await closedFolder(rig, 'extra', 0o500);
  expect(await restoreAsNobody(rig, { delete: true })).toMatchObject({ tally: { deleted: 3, failed: 0 } });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('a file that may not be written to gives way to the whole file of the run', async () => {
  const rig = await closedTree();
  await restoreAsNobody(rig);
  const file = join(rig.target, 'secret');
  await chmod(file, 0o600);
  await writeFile(file, 'spoilt');
  await chmod(file, 0o444);
  expect(await restoreAsNobody(rig)).toMatchObject({ tally: { failed: 0 }, failures: [] });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('a target that is read-only to its owner is written to and put back', async () => {
  const rig = await closedTree();
  await chmod(rig.target, 0o555);
  expect(await restoreAsNobody(rig)).toMatchObject({ tally: { restored: 4, directories: 3, failed: 0 }, failures: [] });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  expect(await modeOf(rig.target)).toBe(0o555);
});

test('a target of somebody else that may not be written to is refused', async () => {
  const rig = await closedTree();
  const root = process.getuid?.() === 0 ? rig.target : '/';
  if (root === rig.target) await chown(rig.target, 0, 0);
  await chmod(rig.target, 0o755);
  expect(await restoreAsNobody({ ...rig, target: root })).toMatchObject({
    type: 'TargetUnusable',
    message: expect.stringContaining('cannot be written to (EACCES: permission denied)'),
  });
});
