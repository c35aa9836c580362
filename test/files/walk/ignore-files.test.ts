import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ignoreFileName } from '../../../src/contracts/filters.ts';
import { temporaryDirectory } from '../../support/tree.ts';
import { select } from './rig.ts';

const name = fc.constantFrom('a', 'b', 'ab', 'a.b', 'b.a', '#a', '!b', 'a b', '[a]', 'a*', '-', 'A1', ']');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab', 'a.b', '.a', 'b.') },
  { weight: 4, arbitrary: fc.constantFrom('*', '?', '[ab]', '[!a]', '[^b]', '[a-b]', '**') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('[]a]', '[[:alpha:]]', '[![:digit:]-]', '[+-0/]', '[b-a]', '[\\]a]', '[[:no:]]', '[a'),
  },
  { weight: 1, arbitrary: fc.constantFrom('\\a', '\\*', '\\[', '#', '!', ' ') },
);
const segment = fc.oneof(
  { weight: 5, arbitrary: fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('**', '***') },
  { weight: 2, arbitrary: name },
);
const rule = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '!', '#'),
    fc.constantFrom('', '', '/'),
    fc.array(segment, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/', '  ', '\\ ', '/**', '\\'),
  )
  .map(([mark, anchor, segments, end]) => `${mark}${anchor}${segments.join('/')}${end}`)
  // Right after plain text git takes ** for folders, which its documentation does not say.
  .filter((text) => !/[^/*]\*\*/u.test(text));
const rules = fc.array(rule, { minLength: 1, maxLength: 5 });

interface Tree {
  readonly paths: readonly string[];
  /** By folder. */
  readonly files: readonly { readonly folder: string; readonly rules: readonly string[]; readonly end: string }[];
}

const tree: fc.Arbitrary<Tree> = fc.record({
  paths: fc.uniqueArray(path, { minLength: 1, maxLength: 14 }),
  files: fc.array(fc.record({ folder: fc.oneof(fc.constant('.'), path), rules, end: fc.constantFrom('\n', '\r\n') }), {
    minLength: 1,
    maxLength: 3,
  }),
});

/** Writes what does not clash with what is there: a name cannot be a file and a folder. */
async function write(root: string, path: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  } catch (error) {
    if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** The files that git would add. */
function keptByGit(repository: string, root: string): string[] {
  const where = [`--git-dir=${repository}/.git`, `--work-tree=${root}`];
  const list = ['ls-files', '-z', '--others', `--exclude-per-directory=${ignoreFileName}`];
  return execFileSync('git', [...where, ...list], { cwd: root })
    .toString()
    .split('\0')
    .slice(0, -1);
}

test('ignore files leave out exactly what git leaves out by them', async () => {
  const at = await realpath(await temporaryDirectory());
  execFileSync('git', ['init', '-q', at]);
  const property = fc.asyncProperty(tree, async ({ paths, files }) => {
    const root = await mkdtemp(join(at, 'tree-'));
    for (const path of paths) await write(root, path, '');
    for (const { folder, rules, end } of files) {
      await write(root, join(folder, ignoreFileName), rules.map((rule) => rule + end).join(''));
    }
    const { files: kept } = await select(root);
    expect(kept.toSorted()).toEqual(keptByGit(at, root).toSorted());
  });
  await fc.assert(property, { numRuns: 150 });
}, 120_000);
