import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mountsOf } from '../../src/files/mounts.ts';
import { bindMount, mayBind } from '../support/mounting.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { select } from './walk/rig.ts';

/** A table of mounts, each with its id, that of the mount it is in, and its place. */
function table(...mounts: readonly (readonly [id: number, parent: number, point: string])[]): string {
  const lines = mounts.map(
    ([id, parent, point]) => `${id} ${parent} 254:0 /some/where ${point} rw,relatime shared:1 - ext4 /dev/vda rw\n`,
  );
  return lines.join('');
}

function pointsOf(root: string, from: string, ...paths: readonly string[]): readonly string[] {
  const { isMountPoint } = mountsOf(from, Buffer.from(root));
  return paths.filter((path) => isMountPoint(Buffer.from(path, 'latin1')));
}

test('what is mounted below the root is told from what only looks like it', () => {
  const mounts = table([20, 1, '/'], [21, 20, '/proc'], [22, 20, '/srv/site/bound'], [23, 22, '/srv/site/bound/deep']);
  const paths = ['/', '/proc', '/srv/site', '/srv/site/bound', '/srv/site/bound/deep', '/srv/site/bound2'];
  expect(pointsOf('/srv/site', mounts, ...paths)).toEqual(['/proc', '/srv/site/bound']);
  expect(pointsOf('/srv/site/bound', mounts, ...paths)).toEqual(['/srv/site/bound/deep']);
  expect(pointsOf('/srv/site', '', ...paths)).toEqual([]);
});

test('the root itself may be a mount point, and what it hides is no mount in it', () => {
  // First a mount in the folder, and then one over it.
  const mounts = table([20, 1, '/'], [21, 20, '/srv/site/bound'], [22, 20, '/srv/site'], [23, 22, '/srv/site/own']);
  expect(pointsOf('/srv/site', mounts, '/srv/site', '/srv/site/bound', '/srv/site/own')).toEqual(['/srv/site/own']);
  const twice = table([20, 1, '/'], [21, 20, '/mnt'], [22, 21, '/mnt'], [23, 22, '/mnt/x'], [24, 21, '/mnt/hidden']);
  expect(pointsOf('/mnt', twice, '/mnt', '/mnt/x', '/mnt/hidden')).toEqual(['/mnt/x']);
});

test('names of mount points are bytes, and some stand there in digits', () => {
  const odd = table([20, 1, '/'], [21, 20, String.raw`/s/a\040b\011c\134040\012`], [22, 20, '/s/\u00e4\u00ff']);
  const paths = ['/s/a b\tc\\040\n', '/s/\u00e4\u00ff'];
  expect(pointsOf('/s', odd, ...paths)).toEqual(paths);
});

test('where another path leads is told by all mounts on the way', () => {
  const mounts = table([20, 1, '/'], [21, 20, '/srv'], [22, 21, '/srv/site/bound'], [23, 20, '/mnt']);
  const { isElsewhere } = mountsOf(mounts, Buffer.from('/srv/site'));
  const paths = ['/srv/other', '/srv/site/x', '/srv/site/bound/x', '/mnt/x', '/x', '/srv2'];
  expect(paths.map((path) => [path, isElsewhere(Buffer.from(path))])).toEqual([
    ['/srv/other', false],
    ['/srv/site/x', false],
    ['/srv/site/bound/x', true],
    ['/mnt/x', true],
    ['/x', true],
    ['/srv2', true],
  ]);
});

// Where nothing may be mounted, what is made of a table of mounts is tested above.
test.runIf(mayBind)('what is mounted below the root from the same device is on another file system', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'real/a': 1, 'real/file': 1, 'deep/in/x': 1, 'of files/f': 1 });
  await mkdir(join(root, 'bo und'));
  const bind = (from: string, to: string) => onTestFinished(bindMount(join(root, from), join(root, to)));
  bind('real', 'bo und');
  bind('real/file', 'of files/f');
  await symlink('bo und/a', join(root, 'link-in'));
  await symlink('real', join(root, 'link-same'));
  await writeFile(join(root, 'real/.keep'), '');
  const all = await select(root);
  expect(all.files).toContain('bo und/a');
  const { keys, whys } = await select(root, { oneFileSystem: true });
  expect(keys).toEqual([
    'bo und/',
    'deep/',
    'deep/in/',
    'deep/in/x',
    'link-in',
    'link-same',
    'of files/',
    'real/',
    'real/.keep',
    'real/a',
    'real/file',
  ]);
  expect(whys).toEqual({ 'bo und/*': { by: 'file-system' }, 'of files/f': { by: 'file-system' } });
  const followed = await select(root, { oneFileSystem: true, followSymlinks: true });
  expect(followed.files).toEqual([
    'deep/in/x',
    'link-same/.keep',
    'link-same/a',
    'link-same/file',
    'real/.keep',
    'real/a',
    'real/file',
  ]);
  expect(Object.keys(followed.whys).toSorted()).toEqual(['bo und/*', 'link-in', 'of files/f']);
  // A mount point that is asked for is a root like any other.
  expect((await select(join(root, 'bo und'), { oneFileSystem: true })).files).toEqual(['.keep', 'a', 'file']);
});
