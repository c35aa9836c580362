import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Filters } from '../../../src/contracts/filters.ts';
import { bindMount, mayBind } from '../../support/mounting.ts';
import { writeTree } from '../../support/tree.ts';
import { finish } from '../backup/whole-run.ts';
import { perform } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import { backedUp, editRun, mirrored } from './mirror-rig.ts';
import { brief, mirror, openRestoreRig, restoreRun } from './rig.ts';

const cacheTag = 'Signature: 8a477f597d28d172789f06886806bc55\n';

test.each<[string, Filters, Record<string, number>, Record<string, number>, Record<string, string>]>([
  [
    'globs',
    { exclude: ['/node_modules/', '*.log'] },
    { a: 1, 'node_modules/x': 1, 'app.log': 1 },
    { 'node_modules/y': 1, 'app.log': 2, 'd/new.log': 1, 'd/more': 1, extra: 1 },
    {
      node_modules: 'kept: not part of the run: excluded by /node_modules/',
      'app.log': 'kept: not part of the run: excluded by *.log',
      'd/new.log': 'kept: not part of the run: excluded by *.log',
      d: 'kept: holds d/new.log, which stays',
      'd/more': 'deleted',
      extra: 'deleted',
    },
  ],
  [
    'include',
    { include: ['*.md', 'docs/'] },
    { 'a.md': 1, b: 1, 'docs/x': 1 },
    { b: 2, 'c.md': 1, 'docs/y': 1, 'e/f': 1, 'g/h.md': 1 },
    {
      b: 'kept: not part of the run: matches no include',
      'c.md': 'deleted',
      'docs/y': 'deleted',
      e: 'kept: holds e/f, which stays',
      'e/f': 'kept: not part of the run: matches no include',
      g: 'deleted',
      'g/h.md': 'deleted',
    },
  ],
  [
    'size, although it is smaller in the target, and larger ones that the source has not',
    { largerThan: 100 },
    { a: 1, big: 101 },
    { big: 50, other: 50, large: 500 },
    {
      big: 'kept: not part of the run: too large',
      large: 'kept: not part of the run: larger than 100 bytes',
      other: 'deleted',
    },
  ],
  [
    'markers, in the source or in the target, whatever else of the folders the run holds',
    { excludeIfPresent: ['.skip'], exclude: ['.skip'] },
    { 'd/.skip': 1, 'd/x': 1, 'e/a': 1 },
    { 'd/y': 1, 'e/.skip': 1, 'e/a': 1, 'e/b': 1, f: 1 },
    {
      'd/y': 'kept: not part of the run: there is something that marks its folder',
      'e/.skip': 'kept: not part of the run: there is e/.skip',
      'e/b': 'kept: not part of the run: there is e/.skip',
      f: 'deleted',
    },
  ],
])(
  'what the run left out, or would leave out, by %s is never deleted',
  async (_, filters, source, target, expected) => {
    const rig = await backedUp(source, filters);
    await writeTree(rig.target, target);
    expect(await mirrored(rig)).toEqual(expected);
    const stay = Object.entries(expected).filter(([, row]) => row.startsWith('kept'));
    const after = await readdir(rig.target, { recursive: true });
    for (const path of Object.keys(target)) {
      const isKept = stay.some(([kept]) => path === kept || (kept === 'node_modules' && path.startsWith(`${kept}/`)));
      expect([path, after.includes(path)]).toEqual([path, isKept || !(path in expected)]);
    }
    // And so it is the second time, when there is nothing left to delete.
    expect(Object.values(await mirrored(rig)).filter((row) => row.startsWith('deleted'))).toEqual([]);
  },
);

test('what an ignore file leaves out stays, be it in the source and not held, held by the run, or in the target', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'held/a': 1, 'hidden/x.tmp': 1, 'hidden/b': 1 });
  await writeFile(join(rig.root, 'held/.backupignore'), '*.tmp');
  await writeFile(join(rig.root, 'hidden/.backupignore'), '*.tmp\n.backupignore');
  await backUpRun(rig);
  await writeTree(rig.target, { 'held/new.tmp': 1, 'held/z': 1, 'hidden/x.tmp': 2, 'hidden/new.tmp': 1, 'own/y': 1 });
  await writeFile(join(rig.target, '.backupignore'), 'own/');
  expect(await mirrored(rig)).toEqual({
    '.backupignore': 'kept: its rules keep what is not part of the run',
    'held/new.tmp': 'kept: not part of the run: excluded by *.tmp in held/.backupignore:1',
    'held/z': 'deleted',
    // The run saw that one, and never says why the other would have been left out.
    'hidden/x.tmp': 'kept: not part of the run: excluded in an ignore file',
    'hidden/new.tmp': 'deleted',
    own: 'kept: not part of the run: excluded by own/ in .backupignore:1',
  });
});

test('an ignore file in the target that cannot be used leaves its folder as it is', async () => {
  const rig = await backedUp({ 'd/a': 1 });
  await writeTree(rig.target, { 'd/b': 1, 'd/.backupignore/no-file': 1, c: 1 });
  const { rows, tally } = await restoreRun(rig, mirror);
  expect(brief(rows)['d']).toMatch(/^kept: what it holds cannot be told: its .backupignore cannot be used/u);
  // The folder itself is restored besides.
  expect(tally).toMatchObject({ kept: 1, deleted: 1, restored: 1, directories: 1, failed: 0 });
  expect(await readdir(join(rig.target, 'd'))).toEqual(['.backupignore', 'a', 'b']);
});

test('a folder with the tag of a cache stays, wherever the tag is', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'a/x': 1, 'b/y': 1 });
  await writeFile(join(rig.root, 'a/CACHEDIR.TAG'), cacheTag);
  const filtered = { ...rig, run: { ...rig.run, filters: { excludeCaches: true } } };
  await backUpRun(filtered);
  await writeTree(rig.target, { 'a/z': 1, 'c/z': 1, 'd/z': 1 });
  await writeFile(join(rig.target, 'c/CACHEDIR.TAG'), cacheTag);
  expect(await mirrored(filtered)).toEqual({
    'a/z': 'kept: not part of the run: a cache, says its tag',
    c: 'kept: holds c/CACHEDIR.TAG, which stays',
    'c/CACHEDIR.TAG': 'kept: not part of the run: a cache, says c/CACHEDIR.TAG',
    'c/z': 'kept: not part of the run: a cache, says c/CACHEDIR.TAG',
    d: 'deleted',
    'd/z': 'deleted',
  });
});

test('what is behind a symlink that was not followed is no part of the run', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 1 });
  await symlink('/etc', join(rig.root, 'link'));
  const filtered = { ...rig, run: { ...rig.run, filters: { followSymlinks: true } } };
  await backUpRun(filtered);
  await writeTree(rig.target, { 'link/from-then': 1, extra: 1 });
  const rows = await mirrored(filtered);
  expect(rows['link']).toMatch(/^failed: a directory is where a symlink belongs, and stays \(holds link\/from-then, /u);
  expect(await readdir(join(rig.target, 'link'))).toEqual(['from-then']);
});

test('an incomplete run is no mirror of what failed, nor of a folder that it could not read, nor of a socket', async () => {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { a: 1, 'unread/x': 1, 'd/in': 1 });
  await mkdir(join(rig.root, 'unread/.backupignore'));
  await symlink('a', join(rig.root, 'skipped'));
  await backUpRun(rig);
  await editRun(rig, (entry) =>
    entry.path === 'a' ? { path: 'a', outcome: 'failed', reason: 'EIO' } : entry.path === 'skipped' ? skipped : {},
  );
  await writeTree(rig.target, { 'a/deep': 1, 'unread/y': 1, 'skipped/z': 1, extra: 1 });
  const rows = await mirrored(rig);
  expect(rows).toMatchObject({
    a: 'skipped: the run does not hold it: EIO',
    'a/deep': 'kept: not part of the run: listed, and not held (EIO)',
    'skipped/z': 'kept: not part of the run: listed, and not held (a fifo)',
    extra: 'deleted',
  });
  expect(rows['unread/y']).toMatch(
    /^kept: not part of the run: listed, and not held \(its .backupignore cannot be used/u,
  );
});

test('a run with a page of which nothing was left is asked for all that it holds', async () => {
  const rig = await openRestoreRig({ pageEntries: 1 });
  await writeTree(rig.root, { a: 1, b: 1, c: 1 });
  const list = (...args: readonly [number, string?]) => perform(rig.activities.listFiles, [rig.run, ...args]);
  const first = await list(0);
  const second = await list(1, first.cursor);
  await rm(join(rig.root, 'c'));
  const third = await list(2, second.cursor);
  expect(third).toMatchObject({ files: 0, copies: [] });
  await finish(rig, [first, second, third]);
  await writeTree(rig.target, { a: 1, b: 1, extra: 1 });
  expect(await mirrored(rig)).toEqual({ extra: 'deleted' });
  expect(await readdir(rig.target)).toEqual(['a', 'b']);
});

test('what is in a folder that only a path which is not asked for would replace is deleted by itself', async () => {
  const rig = await backedUp({ d: 1, 'e/x1': 1 });
  await writeTree(rig.target, { 'd/x1': 1, 'd/y': 1, 'e/x2': 1 });
  expect(await mirrored(rig, { paths: ['**/x*'] })).toEqual({ 'd/x1': 'deleted', 'e/x2': 'deleted' });
  expect(await readdir(join(rig.target, 'd'))).toEqual(['y']);
});

// Where nothing may be mounted, devices alone tell.
test.runIf(mayBind)('what is mounted in the target from its own device is on another file system', async () => {
  const rig = await backedUp({ a: 1 }, { oneFileSystem: true });
  await writeTree(rig.target, { extra: 1 });
  await writeTree(rig.around, { 'elsewhere/x': 1 });
  await mkdir(join(rig.target, 'mounted'));
  onTestFinished(bindMount(join(rig.around, 'elsewhere'), join(rig.target, 'mounted')));
  expect(await mirrored(rig)).toEqual({
    extra: 'deleted',
    mounted: 'kept: holds mounted/x, which stays',
    'mounted/x': 'kept: not part of the run: on another file system',
  });
  expect(await readdir(join(rig.around, 'elsewhere'))).toEqual(['x']);
});

const skipped = { kind: 'other', outcome: 'skipped', reason: 'a fifo', target: undefined } as const;
