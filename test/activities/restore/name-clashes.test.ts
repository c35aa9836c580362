import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createClashFinder,
  noFolding,
  probeFolding,
  type Folding,
} from '../../../src/activities/restore/plan/name-clashes.ts';
import { createTargets } from '../../../src/activities/restore/target/targets.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type EntryKind } from '../../../src/contracts/manifest.ts';
import { temporaryDirectory } from '../../support/tree.ts';

/** Each path that clashes with what it clashes with. A path that ends in a slash is a directory. */
function clashes(folding: Folding, paths: readonly string[]): Record<string, string> {
  const clashOf = createClashFinder(folding);
  const entries = paths.map((path) => ({
    path: path.replace(/\/$/u, ''),
    kind: (path.endsWith('/') ? 'directory' : 'file') satisfies EntryKind as EntryKind,
  }));
  entries.sort((a, b) => comparePaths(entryKey(a), entryKey(b)));
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const other = clashOf(entry);
      return other === undefined ? [] : [[entry.path, other]];
    }),
  );
}

const byCase = { case: true, unicode: false };
const byBoth = { case: true, unicode: true };

test.each<[string, Folding, string[], Record<string, string>]>([
  ['nothing folds', noFolding, ['A', 'a', 'é', 'e\u0301'], {}],
  ['case', byCase, ['README', 'Readme', 'other', 'readme'], { Readme: 'README', readme: 'README' }],
  ['case beyond ASCII', byCase, ['É', 'é', 'ß', 'ẞ', 'SS'], { é: 'É', ß: 'SS', ẞ: 'SS' }],
  ['how accents are written', { case: false, unicode: true }, ['é', 'e\u0301', 'É'], { é: 'e\u0301' }],
  ['both', byBoth, ['É', 'e\u0301'], { É: 'e\u0301' }],
  ['only within a folder', byCase, ['a/', 'a/x', 'b/', 'b/X'], {}],
  ['siblings with others in between', byCase, ['D/', 'D/x', 'D/y/', 'D/y/z', 'M', 'd'], { d: 'D' }],
  [
    'folders, with all that is in them',
    byCase,
    ['D/', 'D/x', 'd/', 'd/only here', 'd/sub/', 'd/sub/x', 'e/', 'e/x'],
    { d: 'D', 'd/only here': 'D', 'd/sub': 'D', 'd/sub/x': 'D' },
  ],
  ['names that are no text', byBoth, ['%FF', '%FE', '%FFa', '%FFA'], { '%FFa': '%FFA' }],
])('names clash: %s', (_, folding, paths, expected) => {
  expect(clashes(folding, paths)).toEqual(expected);
});

function probe(directory: string): Promise<Folding> {
  return createTargets([directory]).inMade(directory, ({ folders }) =>
    probeFolding({ folders, withOpenDirectories: (_, work) => work() }, 'id'),
  );
}

test('a file system that tells all names apart is found to, and the probe leaves nothing behind', async () => {
  const directory = await temporaryDirectory();
  expect(await probe(directory)).toEqual({
    case: process.platform !== 'linux',
    unicode: process.platform === 'darwin',
  });
  expect(await readdir(directory)).toEqual([]);
});

const leftBehind = '.durable-restore-id-a\u00e9';

test('a probe removes what one that was killed has left', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, leftBehind), '');
  await probe(directory);
  expect(await readdir(directory)).toEqual([]);
});

test('a probe replaces a symlink that stands in its place, and does not write through it', async () => {
  const directory = await temporaryDirectory();
  const precious = join(await temporaryDirectory(), 'precious');
  await writeFile(precious, 'mine');
  await symlink(precious, join(directory, leftBehind));
  await probe(directory);
  expect(await readdir(directory)).toEqual([]);
  expect(await readFile(precious, 'utf8')).toBe('mine');
});
