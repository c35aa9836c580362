import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OverwritePolicy } from '../../../src/contracts/restore.ts';
import { content, writeTree } from '../../support/tree.ts';
import { backUpRun } from '../verify/rig.ts';
import { brief, mirror, openRestoreRig, restoreRun, snapshotOf, type RestoreRig } from './rig.ts';

/** A run, restored once, after which the target has changed in every way that a restore can tell, and in one that it cannot. */
async function changedTarget(): Promise<RestoreRig> {
  const rig = await openRestoreRig();
  const { root, target } = rig;
  await writeTree(root, { 'd/same': 10, grown: 20, later: 30, mode: 40, gone: 50, silent: 60, linked: 70 });
  await symlink('d', join(root, 'link'));
  await backUpRun(rig);
  await restoreRun(rig);
  await writeFile(join(target, 'grown'), 'other');
  await utimes(join(target, 'later'), 1, 1);
  await chmod(join(target, 'mode'), 0o600);
  await rm(join(target, 'gone'));
  const { mtimeNs } = await stat(join(target, 'silent'), { bigint: true });
  await writeFile(join(target, 'silent'), content(60, 99));
  const seconds = Number(mtimeNs / 1000n) / 1e6 + 2e-7;
  await utimes(join(target, 'silent'), seconds, seconds);
  await rm(join(target, 'linked'));
  await symlink('/etc/passwd', join(target, 'linked'));
  await rm(join(target, 'link'));
  await symlink('elsewhere', join(target, 'link'));
  await utimes(join(target, 'd'), 5, 5);
  return rig;
}

const changed = ['d', 'grown', 'later', 'linked', 'link', 'mode'];

const quiet = { 'd/same': 'unchanged', silent: 'unchanged' };

function all(outcome: string): Record<string, string> {
  return Object.fromEntries(changed.map((path) => [path, outcome]));
}

/** Restores with a policy, and checks that a dry run before has told the same and changed nothing. */
async function restoreChanged(rig: RestoreRig, overwrite: OverwritePolicy): Promise<Record<string, string>> {
  const before = snapshotOf(rig.target);
  const dry = await restoreRun(rig, { overwrite, dryRun: true });
  expect(snapshotOf(rig.target)).toEqual(before);
  const { rows, tally } = await restoreRun(rig, { overwrite });
  expect(brief(dry.rows)).toEqual(brief(rows));
  expect(dry.tally).toEqual(tally);
  return brief(rows);
}

test('overwrite: never restores what is missing and leaves everything else', async () => {
  const rig = await changedTarget();
  expect(await restoreChanged(rig, 'never')).toEqual({ ...all('kept'), ...quiet, gone: 'restored' });
  expect(await readFile(join(rig.target, 'grown'), 'utf8')).toBe('other');
  expect(await readlink(join(rig.target, 'linked'))).toBe('/etc/passwd');
  expect((await stat(join(rig.target, 'later'))).mtimeMs).toBe(1000);
  expect((await readFile(join(rig.target, 'gone'))).length).toBe(50);
});

test('overwrite: if-changed restores what size, time or permissions tell from the run', async () => {
  const rig = await changedTarget();
  expect(await restoreChanged(rig, 'if-changed')).toEqual({ ...all('restored'), ...quiet, gone: 'restored' });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  expect((await readFile(join(rig.target, 'silent'))).equals(content(60, 99))).toBe(true);
});

test('overwrite: always restores every file', async () => {
  const rig = await changedTarget();
  const everyFile = { 'd/same': 'restored', silent: 'restored', gone: 'restored' };
  expect(await restoreChanged(rig, 'always')).toEqual({ ...all('restored'), ...everyFile });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  expect((await readFile(join(rig.target, 'silent'))).equals(await readFile(join(rig.root, 'silent')))).toBe(true);
});

test('a dry run into a target that is not there does not make it', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'd/a': 10 });
  await backUpRun(rig);
  const { rows, tally, report } = await restoreRun(rig, { dryRun: true, delete: true });
  expect(brief(rows)).toEqual({ d: 'restored', 'd/a': 'restored' });
  expect(tally).toMatchObject({ restored: 1, restoredBytes: 10, directories: 1 });
  expect(report).toMatchObject({ dryRun: true, complete: true });
  expect(existsSync(rig.target)).toBe(false);
});

/** A run of a file `a`, a directory `b` with a file and a symlink `c`, and a target that has something of another kind in each place. */
async function obstructedTarget(): Promise<RestoreRig> {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 10, 'b/in': 20 });
  await symlink('a', join(rig.root, 'c'));
  await backUpRun(rig);
  await writeTree(rig.target, { 'a/deep/er': 1, b: 2, 'c/in': 3 });
  await symlink('/etc', join(rig.target, 'a/deep/out'));
  return rig;
}

test('what is of another kind stays and fails with what to do, and so does what would have to be in it', async () => {
  const rig = await obstructedTarget();
  const before = snapshotOf(rig.target);
  for (const input of [{}, { overwrite: 'always' }, { overwrite: 'never', ...mirror }] as const) {
    const { rows, tally } = await restoreRun(rig, input);
    const fix = 'move it away, or restore with delete and without overwrite: never';
    expect(brief(rows)).toEqual({
      a: `failed: a directory is where a file belongs: ${fix}`,
      b: `failed: a file is where a directory belongs: ${fix}`,
      'b/in': 'failed: a folder on the way to it is no directory in the target',
      c: `failed: a directory is where a symlink belongs: ${fix}`,
    });
    expect(tally).toMatchObject({ failed: 4, deleted: 0, restored: 0 });
    expect(snapshotOf(rig.target)).toEqual(before);
  }
});

test('with delete what is of another kind gives way with a row for all that is in it, and links in it are not followed', async () => {
  const rig = await obstructedTarget();
  const dry = await restoreRun(rig, { ...mirror, dryRun: true });
  const { rows, tally } = await restoreRun(rig, mirror);
  expect(brief(rows)).toEqual({
    a: 'restored: a directory gives way to it',
    'a/deep': 'deleted',
    'a/deep/er': 'deleted',
    'a/deep/out': 'deleted',
    b: 'restored: a file gives way to it',
    'b/in': 'restored',
    c: 'restored: a directory gives way to it',
    'c/in': 'deleted',
  });
  expect(tally).toMatchObject({ restored: 2, directories: 1, symlinks: 1, deleted: 4, failed: 0 });
  expect({ rows: brief(dry.rows), tally: dry.tally }).toEqual({ rows: brief(rows), tally });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  expect(existsSync('/etc/passwd')).toBe(true);
});

test('a symlink to a directory is no directory, even when it leads to one in the target', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'd/a': 10 });
  await backUpRun(rig);
  await mkdir(join(rig.target, 'real'), { recursive: true });
  await symlink('real', join(rig.target, 'd'));
  expect((await restoreRun(rig)).tally).toMatchObject({ failed: 2, restored: 0 });
  expect(await readdir(join(rig.target, 'real'))).toEqual([]);
  const { rows } = await restoreRun(rig, mirror);
  expect(brief(rows)).toEqual({ d: 'restored: a symlink gives way to it', 'd/a': 'restored', real: 'deleted' });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});
