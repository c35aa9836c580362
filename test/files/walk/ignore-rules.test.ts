import { chmod, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { PageEntry } from '../../../src/contracts/manifest.ts';
import { runAsNobody } from '../../support/as-nobody.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { select } from './rig.ts';

let root: string;

beforeEach(async () => {
  root = await realpath(await temporaryDirectory());
});

function ignore(folder: string, ...lines: string[]): Promise<void> {
  return writeFile(join(root, folder, '.backupignore'), lines.map((line) => `${line}\n`).join(''));
}

test('the reason says which line of which file left something out', async () => {
  await writeTree(root, { 'a/b/x.tmp': 1, 'a/b/y': 1, 'a/cache/z': 1, 'keep.tmp': 1 });
  await ignore('.', '# comment', '', '*.tmp', '!keep.tmp');
  await ignore('a', '/cache/  ');
  const { files, whys, excluded } = await select(root);
  expect(files).toEqual(['.backupignore', 'a/.backupignore', 'a/b/y', 'keep.tmp']);
  expect(whys).toEqual({
    'a/b/x.tmp': { by: 'ignore-file', rule: '*.tmp', at: '.backupignore:3' },
    'a/cache/': { by: 'ignore-file', rule: '/cache/', at: 'a/.backupignore:1' },
  });
  expect(excluded).toBe(2);
});

test('a deeper file keeps a directory that one above leaves out, whose rules count in it all the same', async () => {
  await writeTree(root, { 'a/out/x': 1, 'a/out/y.tmp': 1, 'a/out/out/z': 1, 'b/out/x': 1 });
  await ignore('.', 'out', '*.tmp');
  await ignore('a', '!/out');
  expect((await select(root)).files).toEqual(['.backupignore', 'a/.backupignore', 'a/out/x']);
});

test('names with characters of rules in them are kept like others', async () => {
  await writeTree(root, { 'a/[x]*?/f': 1, 'a/xx/f': 1 });
  await ignore('.', '*x*', '/a/*');
  await ignore('a', String.raw`!\[x]\*\?`);
  expect((await select(root)).files).toEqual(['.backupignore', 'a/[x]*?/f']);
});

test('ignore files count only where they shall, and an exclude goes before what they keep', async () => {
  await writeTree(root, { 'a.tmp': 1, 'b.tmp': 1 });
  await ignore('.', '*.tmp', '!b.tmp');
  expect((await select(root, { ignoreFiles: false })).files).toEqual(['.backupignore', 'a.tmp', 'b.tmp']);
  expect((await select(root, { exclude: ['b*'] })).files).toEqual(['.backupignore']);
});

const why = (what: string) => `its .backupignore cannot be used, so that it is unknown what to leave out: ${what}`;

test('one that cannot be used makes its directory one that cannot be read, and nothing in it is listed', async () => {
  await writeTree(root, { 'folder/.backupignore/x': 1, 'large/x': 1, 'link/x': 1, 'fine/x': 1 });
  await symlink('/etc/hostname', join(root, 'link/.backupignore'));
  await writeFile(join(root, 'large/.backupignore'), '#'.repeat(1024 * 1024 + 1));
  const { entries, excluded } = await select(root);
  expect(entries.map(({ path, error }) => [path, error])).toEqual([
    ['fine', undefined],
    ['fine/x', undefined],
    ['folder', why('it is not a regular file: remove or rename it')],
    ['large', why('it is larger than 1048576 bytes: shorten it')],
    ['link', why('it is a symlink: put a regular file there')],
  ]);
  expect(excluded).toBe(0);
});

/** As many rules as have so many characters in all. */
function rules(of: (i: number) => string, characters: number): string[] {
  const written = [];
  for (let sum = 0; ; sum += written.at(-1)?.length ?? 0) {
    const next = of(written.length);
    if (sum + next.length > characters) return written;
    written.push(next);
  }
}

test('ignore files are refused once all rules with wildcards on the way to a folder are more than a path may be asked about', async () => {
  await writeTree(root, { 'a/b/x': 1, 'a/b/c/y': 1, 'a/z.n7': 1, 'd/x': 1 });
  const half = rules((i) => `*.n${i}`, 65_536 / 2);
  await ignore('.', ...half);
  await ignore('a/b', ...half);
  await ignore('a/b/c', 'plain');
  expect((await select(root)).files).toEqual([
    '.backupignore',
    'a/b/.backupignore',
    'a/b/c/.backupignore',
    'a/b/c/y',
    'a/b/x',
    'd/x',
  ]);
  await ignore('a/b/c', '', '*.a', '*.b'.repeat(30));
  const { entries } = await select(root);
  const most = 'and those of such files above it, have more than 65536 characters';
  expect(entries.filter(({ error }) => error !== undefined).map(({ path, error }) => [path, error])).toEqual([
    ['a/b/c', why(`up to line 3 its rules with wildcards, ${most}: write fewer of them, or names without wildcards`)],
  ]);
});

test('ignore files on the way to a folder are refused once they are too large together, whatever is in them', async () => {
  await writeTree(root, { 'a/x': 1 });
  await ignore('.', '#'.repeat(1024 * 1024 - 100));
  await ignore('a', '#'.repeat(100));
  expect((await select(root)).entries.map(({ path, error }) => [path, error])).toEqual([
    ['.backupignore', undefined],
    ['a', why('with such files above it, it has more than 1048576 bytes: shorten them')],
  ]);
});

test('as many names without wildcards count as an ignore file can hold', async () => {
  await writeTree(root, { 'a/n9999': 1, 'a/n1000000': 1, 'a/b/n3': 1, 'a/kept': 1 });
  await ignore('.', ...Array.from({ length: 100_000 }, (_, i) => `n${i}`), '!/a/b/n3');
  expect((await select(root)).files).toEqual(['.backupignore', 'a/b/n3', 'a/kept', 'a/n1000000']);
});

test('one that may not be read is such a one, too', async () => {
  await writeTree(root, { 'a/x': 1, 'b/x': 1 });
  await ignore('b', 'x');
  await chmod(root, 0o755);
  await chmod(join(root, 'b/.backupignore'), 0o000);
  onTestFinished(() => chmod(join(root, 'b/.backupignore'), 0o644));
  const program = new URL('select-process.ts', import.meta.url);
  const entries = JSON.parse(await runAsNobody(program, root)) as PageEntry[];
  expect(entries.map(({ path, error }) => [path, error])).toEqual([
    ['a', undefined],
    ['a/x', undefined],
    ['b', why('EACCES: make it readable')],
  ]);
});

test('that of the root names the root, for then nothing can be listed', async () => {
  await mkdir(join(root, '.backupignore'));
  await expect(select(root)).rejects.toMatchObject({
    type: 'RootUnreadable',
    message: `${root}: ${why('it is not a regular file: remove or rename it')}`,
  });
});

test('a rule that would match in countless ways takes no longer than others', async () => {
  const name = `${'a'.repeat(250)}b`;
  await writeTree(root, { [name]: 1 });
  await ignore(
    '.',
    `${'*a'.repeat(20)}c`,
    `${'a*'.repeat(20)}c`,
    '*a*a*a*a*a*a*a*a*a*a*a*a*z*',
    `/${'*a'.repeat(20)}?c`,
    `/**${'/a/**'.repeat(100)}/c`,
    '*[+-0]*[!a/]*[[:alpha:]]*[+-0]*[a-z]*c',
  );
  expect((await select(root)).files).toEqual(['.backupignore', name]);
});

test('of an ignore file that is written with a byte order mark, the first rule counts as well', async () => {
  await writeTree(root, { a: 1, b: 1 });
  await writeFile(join(root, '.backupignore'), '\uFEFFa\r\n#b\r\n');
  expect((await select(root)).files).toEqual(['.backupignore', 'b']);
});
