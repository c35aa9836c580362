import { chmod, mkdir, open, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFiles, sha256Of, writeLarge, writeTree } from '../../support/tree.ts';
import { mebibyte } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import { openRestoreRig, restoreRun, snapshotOf } from './rig.ts';

/** That each file below `root` has the same bytes below `target`. */
async function expectSameContent(root: string, target: string): Promise<void> {
  for (const path of findFiles(root).keys()) {
    const [there, here] = [root, target].map((base) =>
      Buffer.concat([Buffer.from(`${base}/`), Buffer.from(path, 'latin1')]),
    );
    expect(await sha256Of(here ?? ''), path).toBe(await sha256Of(there ?? ''));
  }
}

test('a whole tree comes back: contents, permissions, times to the microsecond, symlinks and empty directories', async () => {
  const rig = await openRestoreRig();
  const { root, target } = rig;
  await writeTree(root, {
    'a/b/c': 1000,
    'a/empty': 0,
    'closed/in': 3,
    top: 8 * mebibyte + 1,
    secret: 5,
    'new\nline': 1,
  });
  await mkdir(join(root, 'a/nothing in it/deeper'), { recursive: true });
  await symlink('b/c', join(root, 'a/link'));
  await symlink('/nowhere/at all', join(root, 'dangling'));
  await utimes(join(root, 'top'), 1_000_000_000, 1_234_567_890.123456);
  await utimes(join(root, 'a/empty'), 1, '-86400.5');
  await utimes(join(root, 'a/nothing in it'), 1, 1_600_000_000.000001);
  await chmod(join(root, 'secret'), 0o000);
  await chmod(join(root, 'a/b/c'), 0o751);
  await chmod(join(root, 'closed'), 0o000);
  await chmod(join(root, 'a/nothing in it'), 0o2555);
  await backUpRun(rig);
  const { tally, report, rows } = await restoreRun(rig);
  expect(snapshotOf(target)).toEqual(snapshotOf(root));
  await expectSameContent(root, target);
  const bytes = 1000 + 3 + (8 * mebibyte + 1) + 5 + 1;
  expect(tally).toEqual({
    files: 6,
    bytes,
    restored: 6,
    restoredBytes: bytes,
    unchanged: 0,
    kept: 0,
    directories: 5,
    symlinks: 2,
    deleted: 0,
    skipped: 0,
    failed: 0,
    undeleted: 0,
  });
  expect(report).toMatchObject({ format: 1, run: rig.run.id, root, target, complete: true, tally, delete: false });
  expect(rows.map(({ path }) => path)).toHaveLength(13);
  expect(new Set(rows.map(({ path }) => path)).size).toBe(13);
  expect(rows.find(({ path }) => path === 'top')).toMatchObject({
    kind: 'file',
    outcome: 'restored',
    size: 8 * mebibyte + 1,
    sha256: await sha256Of(join(root, 'top')),
    attempts: 1,
  });
  await chmod(join(root, 'closed'), 0o700);
  await chmod(join(target, 'closed'), 0o700);
});

test('what is there already is left alone, and a second restore writes nothing', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'd/a': 10, b: 20 });
  await symlink('b', join(rig.root, 'link'));
  await backUpRun(rig);
  await restoreRun(rig);
  const before = await stat(join(rig.target, 'b'));
  const { tally, rows } = await restoreRun(rig);
  expect(tally).toMatchObject({ files: 2, restored: 0, unchanged: 2, directories: 1, symlinks: 1, failed: 0 });
  expect(rows.every(({ outcome }) => outcome === 'unchanged')).toBe(true);
  expect((await stat(join(rig.target, 'b'))).ino).toBe(before.ino);
});

test('names that are odd or no text at all come back as the bytes that they are', async () => {
  const rig = await openRestoreRig();
  const names = ['50%', 'a\\b', 'a?b#c', ' x ', 'dot.', '%41', 'é', 'e\u0301', '😀', '-rf', '*'].map((n) =>
    Buffer.from(n),
  );
  names.push(Buffer.from('ff61', 'hex'), Buffer.from('c328', 'hex'), Buffer.alloc(255, 'y'));
  for (const name of names) {
    const directory = Buffer.concat([Buffer.from(`${rig.root}/d-`), name.subarray(0, 250)]);
    await mkdir(directory);
    await writeFile(Buffer.concat([directory, Buffer.from('/'), name]), name);
    await symlink(name, Buffer.concat([directory, Buffer.from('/link')]));
  }
  await backUpRun(rig);
  const { tally } = await restoreRun(rig);
  expect(tally).toMatchObject({ restored: names.length, symlinks: names.length, failed: 0 });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  await expectSameContent(rig.root, rig.target);
});

test('a large file comes back in blocks, and a sparse one with its holes', async () => {
  const rig = await openRestoreRig();
  await writeLarge(join(rig.root, 'large'), 20 * mebibyte + 7);
  const file = await open(join(rig.root, 'sparse'), 'w');
  await file.write(Buffer.from('begin'), 0, 5, 5 * mebibyte + 3);
  await file.write(Buffer.from('end'), 0, 3, 12 * mebibyte);
  await file.truncate(16 * mebibyte);
  await file.close();
  await backUpRun(rig);
  await restoreRun(rig);
  for (const name of ['large', 'sparse']) {
    expect(await sha256Of(join(rig.target, name))).toBe(await sha256Of(join(rig.root, name)));
  }
  const { size, blocks } = await stat(join(rig.target, 'sparse'));
  expect(size).toBe(16 * mebibyte);
  expect(blocks * 512).toBeLessThan(mebibyte);
});

test('thousands of small files come back page by page', async () => {
  const rig = await openRestoreRig({ pageEntries: 700, packFiles: 100 });
  const sizes = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`d${i % 17}/e${i % 5}/f${i}`, i % 40]));
  await writeTree(rig.root, sizes);
  await backUpRun(rig);
  const { tally, report, rows } = await restoreRun(rig);
  expect(tally).toMatchObject({ files: 2000, restored: 2000, directories: 17 + 85, failed: 0 });
  expect(report.shards).toHaveLength(Math.ceil((2000 + 17 + 85) / 700));
  expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
  await expectSameContent(rig.root, rig.target);
});

test('programs that run as their owner lose that, as the owner is another afterwards; directories keep handing on their group', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { program: 1 });
  await chmod(join(rig.root, 'program'), 0o6755);
  await backUpRun(rig);
  const { rows } = await restoreRun(rig);
  expect(rows).toMatchObject([{ outcome: 'restored', reason: 'without its set-user-id and set-group-id bits' }]);
  expect((await stat(join(rig.target, 'program'))).mode & 0o7777).toBe(0o755);
  expect((await restoreRun(rig)).tally).toMatchObject({ unchanged: 1 });
});

test('without a target everything goes back to where it came from', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  await writeFile(join(rig.root, 'a'), 'spoilt');
  const { target: _, ...withoutTarget } = rig;
  const opened = await restoreRun({ ...withoutTarget, target: rig.root });
  expect(opened.restore.target).toBe(rig.root);
  expect(await readFile(join(rig.root, 'a'))).toHaveLength(10);
  expect(await readdir(rig.root)).toEqual(['a']);
});
