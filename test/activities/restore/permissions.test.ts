import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
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
    expect(await restoreAsNobody(rig, { delete: true, options })).toMatchObject({ tally: { deleted: 1, failed: 0 } });
    expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  },
);

test('a folder that is not restored itself keeps its permissions, and what cannot be written into it fails', async () => {
  const rig = await closedTree();
  await mkdir(join(rig.target, 'read-only'));
  if (process.getuid?.() === 0) await chown(join(rig.target, 'read-only'), nobody, nobody);
  await chmod(join(rig.target, 'read-only'), 0o555);
  expect(await restoreAsNobody(rig, { paths: ['read-only/b'] })).toMatchObject({
    tally: { restored: 0, failed: 1 },
    failures: [{ path: 'read-only/b', outcome: 'failed', reason: 'EACCES: permission denied' }],
  });
  expect(snapshotOf(rig.target).get('read-only')).toContain('d 555');
  expect(await readdir(join(rig.target, 'read-only'))).toEqual([]);
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

test('a target that may not be written to is refused', async () => {
  const rig = await closedTree();
  await chmod(rig.target, 0o555);
  expect(await restoreAsNobody(rig)).toMatchObject({
    type: 'TargetUnusable',
    message: expect.stringContaining('cannot be written to (EACCES: permission denied)'),
  });
});
