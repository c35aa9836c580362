import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { walk } from '../../../src/files/walk/walk.ts';
import { comparePaths, decodePath } from '../../../src/contracts/encoded-path.ts';
import { afterUnread, entryKey, type PageEntry } from '../../../src/contracts/manifest.ts';
import { runAsNobody } from '../../support/as-nobody.ts';
import { fileName } from '../../support/names.ts';
import { findFiles, temporaryDirectory, writeTree } from '../../support/tree.ts';

type Tree = readonly { readonly name: Buffer; readonly below?: Tree }[];

const siblings = { maxLength: 6, selector: ({ name }: { name: Buffer }) => name.toString('latin1') };
const { tree } = fc.letrec<{ tree: Tree; file: Tree[number]; directory: Tree[number] }>((tie) => ({
  file: fc.record({ name: fileName.filter((name) => name.length < 60) }),
  directory: fc.record({ name: fileName.filter((name) => name.length < 60), below: tie('tree') }),
  tree: fc.uniqueArray(fc.oneof({ maxDepth: 3 }, tie('file'), tie('directory')), siblings),
}));

async function build(tree: Tree, at: Buffer): Promise<void> {
  for (const { name, below } of tree) {
    const path = Buffer.concat([at, Buffer.from('/'), name]);
    if (below === undefined) await writeFile(path, 'x');
    else await mkdir(path).then(() => build(below, path));
  }
}

async function walkAll(root: string, after?: string): Promise<PageEntry[]> {
  return Array.fromAsync(walk(await realpath(root), after));
}

async function pathsOf(root: string): Promise<string[]> {
  return (await walkAll(root)).map(entryKey);
}

/** The entries as a user sees them whom permissions bind. */
async function walkAsNobody(root: string, after?: string): Promise<PageEntry[]> {
  const program = new URL('walk-process.ts', import.meta.url);
  return JSON.parse(await runAsNobody(program, root, ...(after === undefined ? [] : [after]))) as PageEntry[];
}

test('whatever the names, everything is listed once, in the order of keys, and any entry can be resumed from', async () => {
  const at = await temporaryDirectory();
  const property = fc.asyncProperty(tree, async (content) => {
    const root = await mkdtemp(join(at, 'tree-'));
    await build(content, Buffer.from(root));
    const all = await walkAll(root);
    const keys = all.map(entryKey);
    expect(keys.toSorted(comparePaths)).toEqual(keys);
    const files = all.filter(({ kind }) => kind === 'file').map(({ path }) => decodePath(path).toString('latin1'));
    expect(files.toSorted()).toEqual([...findFiles(root).keys()].toSorted());
    for (const [i, key] of keys.entries()) expect(await walkAll(root, key)).toEqual(all.slice(i + 1));
  });
  await fc.assert(property, { numRuns: 40 });
});

test('a cursor whose entry is gone is resumed from all the same', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'a/1': 1, 'a/2': 1, b: 1, 'c/1': 1 });
  await rm(join(root, 'a'), { recursive: true });
  expect((await walkAll(root, 'a/1')).map(entryKey)).toEqual(['b', 'c/', 'c/1']);
  expect((await walkAll(root, 'b/x/y')).map(entryKey)).toEqual(['c/', 'c/1']);
});

test('3,000 entries of one directory come in order', async () => {
  const root = await temporaryDirectory();
  const names = Array.from({ length: 3000 }, (_, i) => `f${i}`);
  await Promise.all(names.map((name) => writeFile(join(root, name), '')));
  expect(await pathsOf(root)).toEqual(names.toSorted());
});

test('an entry tells size, times in nanoseconds and permissions', async () => {
  const root = await temporaryDirectory();
  await writeFile(join(root, 'a'), 'twelve bytes', { mode: 0o640 });
  await chmod(join(root, 'a'), 0o4751);
  const [size, mode, mtime, ctime] = execFileSync('stat', ['-c', '%s %a %.9Y %.9Z', join(root, 'a')])
    .toString()
    .trim()
    .split(' ');
  const ns = (seconds = '') => seconds.replace('.', '');
  const expected = { path: 'a', kind: 'file', size: Number(size), mode: Number.parseInt(mode ?? '', 8) };
  expect(await walkAll(root)).toEqual([{ ...expected, mtimeNs: ns(mtime), ctimeNs: ns(ctime) }]);
});

test('a symlink is an entry with its target, and is never followed', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'd/x': 1 });
  const targets: Record<string, Buffer> = {
    dangling: Buffer.from('nowhere'),
    directory: Buffer.from('d'),
    loop: Buffer.from('loop'),
    odd: Buffer.from('2e2e2fff255c', 'hex'),
    outside: Buffer.from('/etc/'),
  };
  for (const [name, target] of Object.entries(targets)) await symlink(target, join(root, name));
  const links = (await walkAll(root)).filter(({ kind }) => kind === 'symlink');
  expect(links.map(({ path }) => path)).toEqual(Object.keys(targets));
  expect(links.map(({ target = '' }) => decodePath(target))).toEqual(Object.values(targets));
  expect(await pathsOf(root)).toEqual(['d/', 'd/x', ...Object.keys(targets)]);
});

test('sockets and fifos are neither files nor errors', async () => {
  const root = await temporaryDirectory();
  execFileSync('mkfifo', [join(root, 'fifo')]);
  const server = createServer().listen(join(root, 'socket'));
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const entries = await walkAll(root);
  expect(entries.map(({ path, kind, special, error }) => ({ path, kind, special, error }))).toEqual([
    { path: 'fifo', kind: 'other', special: 'fifo', error: undefined },
    { path: 'socket', kind: 'other', special: 'socket', error: undefined },
  ]);
});

test.runIf(process.platform === 'linux')('a device is neither a file nor an error', async () => {
  const found = (await walkAll('/dev')).find(({ path }) => path === 'null');
  expect(found).toMatchObject({ kind: 'other', special: 'device' });
});

test('what vanishes before it is looked at is left out, and what is replaced by another kind is an error', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'a/x': 1, 'b/x': 1, c: 1, d: 1, 'e/x': 1, f: 1 });
  const keys: string[] = [];
  const errors: (string | undefined)[] = [];
  for await (const entry of walk(root)) {
    if (entry.path === 'a') {
      await Promise.all(['b', 'c', 'd', 'e'].map((name) => rm(join(root, name), { recursive: true })));
      await writeTree(root, { 'd/new': 1, e: 1 });
    }
    keys.push(entryKey(entry));
    errors.push(entry.error);
  }
  expect(keys).toEqual(['a/', 'a/x', 'd', 'e/', 'f']);
  const replaced = 'replaced while it was listed';
  expect(errors).toEqual([undefined, undefined, replaced, replaced, undefined]);
});

test('a directory that leads out of the root by now is an error, and nothing in it is listed', async () => {
  const root = await realpath(await temporaryDirectory());
  const outside = await temporaryDirectory();
  await writeTree(root, { 'a/b/x': 1, 'a/c/x': 1, d: 1 });
  await writeTree(outside, { 'c/secret': 1 });
  const seen: unknown[] = [];
  for await (const entry of walk(root)) {
    seen.push([entryKey(entry), entry.error]);
    if (entry.path !== 'a/b/x') continue;
    await rename(join(root, 'a'), join(root, 'moved'));
    await symlink(outside, join(root, 'a'));
  }
  expect(seen).toEqual([
    ['a/', undefined],
    ['a/b/', undefined],
    ['a/b/x', undefined],
    ['a/c/', `${root}/a/c now leads out of the directory being backed up`],
    ['d', undefined],
  ]);
});

test('a directory that may not be listed is an error, as is each entry of one that may not be searched', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'closed/x': 1, 'listed/a.b': 1, 'listed/a/x': 1, 'listed/z': 1, open: 1 });
  await chmod(root, 0o755);
  await chmod(join(root, 'closed'), 0o000);
  await chmod(join(root, 'listed'), 0o444);
  onTestFinished(() => chmod(join(root, 'closed'), 0o755));
  onTestFinished(() => chmod(join(root, 'listed'), 0o755));
  const entries = await walkAsNobody(root);
  const denied = 'EACCES: permission denied';
  expect(entries.map((entry) => [entryKey(entry), entry.error])).toEqual([
    ['closed/', denied],
    ['listed/', undefined],
    ['listed/a.b', denied],
    ['listed/a/', denied],
    ['listed/z', denied],
    ['open', undefined],
  ]);
  for (const [i, entry] of entries.entries()) {
    const isUnread = entry.kind === 'directory' && entry.error !== undefined;
    const after = isUnread ? afterUnread(entryKey(entry)) : entryKey(entry);
    expect(await walkAsNobody(root, after)).toEqual(entries.slice(i + 1));
  }
});

test('a root that cannot be listed is an error of its own', async () => {
  await expect(walkAll(join(await temporaryDirectory(), 'absent'))).rejects.toMatchObject({ code: 'ENOENT' });
});
