import { mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Filters } from '../../../src/contracts/filters.ts';
import type { Page } from '../../../src/contracts/job.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { temporaryDirectory } from '../../support/tree.ts';
import { listAll, openRig, perform, type Rig } from '../../activities/rig.ts';
import { select } from './rig.ts';

const name = fc.constantFrom('a', 'b', 'c', 'a.x', 'b.y', 'tag');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const glob = fc.constantFrom('a', '*.x', 'b/', '/a/b', 'a/**', '**/c', 'c/*', '{a,b}/c', 'none', '*/*/a');
const some = fc.uniqueArray(glob, { minLength: 1, maxLength: 2 });
const filters: fc.Arbitrary<Filters> = fc.record(
  {
    include: some,
    exclude: some,
    excludeIfPresent: fc.constant(['tag']),
    largerThan: fc.constant(2),
    followSymlinks: fc.constant(true),
  },
  { requiredKeys: [] },
);
const tree = fc.record({
  files: fc.uniqueArray(fc.record({ path, size: fc.nat(4) }), { minLength: 1, maxLength: 16, selector: (f) => f.path }),
  links: fc.array(fc.record({ path, target: path }), { maxLength: 3 }),
  ignored: fc.array(fc.record({ folder: fc.oneof(fc.constant('.'), path), rule: glob }), { maxLength: 2 }),
});

async function unlessTaken(root: string, path: string, write: (location: string) => Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await write(join(root, path));
  } catch (error) {
    if (!['EEXIST', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

type Content = typeof tree extends fc.Arbitrary<infer T> ? T : never;

async function build(root: string, { files, links, ignored }: Content): Promise<void> {
  for (const { path, size } of files) await unlessTaken(root, path, (at) => writeFile(at, 'x'.repeat(size)));
  for (const { path, target } of links) await unlessTaken(root, path, (at) => symlink(join(root, target), at));
  for (const { folder, rule } of ignored) {
    await unlessTaken(root, join(folder, '.backupignore'), (at) => writeFile(at, rule));
  }
}

test('a listing that goes on anywhere decides alike, and counts what is left of what is left out', async () => {
  const at = await realpath(await temporaryDirectory());
  const property = fc.asyncProperty(tree, filters, async (content, filters) => {
    const root = await mkdtemp(join(at, 'tree-'));
    await build(root, content);
    const whole = await select(root, filters);
    for (const [i, after] of whole.keys.entries()) {
      const rest = await select(root, filters, { after });
      expect(rest.entries).toEqual(whole.entries.slice(i + 1));
      expect(rest.leftOut).toEqual(whole.leftOut.slice(whole.leftOut.length - rest.leftOut.length));
    }
  });
  await fc.assert(property, { numRuns: 100 });
}, 120_000);

test('a folder that a listing has come into, and that is left out when it goes on, is told', async () => {
  const root = await realpath(await temporaryDirectory());
  await build(root, {
    files: [
      { path: 'd/a', size: 1 },
      { path: 'd/b', size: 1 },
    ],
    links: [],
    ignored: [],
  });
  await writeFile(join(root, 'd/tag'), '');
  const marked = await select(root, { excludeIfPresent: ['tag'] }, { after: 'd/a' });
  expect(Object.keys(marked.whys)).toEqual(['d/*']);
  await writeFile(join(root, '.backupignore'), 'd/');
  const ignored = await select(root, {}, { after: 'd/a' });
  expect(Object.keys(ignored.whys)).toEqual(['d/']);
});

async function matchedOn(rig: Rig, page: Page): Promise<string> {
  const found = await rig.deps.store.properties(runLayout(rig.run).page(page.number), AbortSignal.timeout(5000));
  return found?.metadata['matched'] ?? '';
}

test('wherever pages end, they count everything that is left out once, and tell of every glob that matched', async () => {
  const rig = await openRig();
  const property = fc.asyncProperty(
    tree,
    filters,
    fc.integer({ min: 1, max: 4 }),
    async (content, filters, pageEntries) => {
      const root = await mkdtemp(join(rig.root, 'tree-'));
      await build(root, content);
      const whole = await select(root, filters, { roots: [rig.root] });
      const options = { ...rig.run.options, pageEntries };
      const run = { ...rig.run, id: `20260102T030405Z-${root.slice(-6)}`, root, filters, options };
      const pages = await listAll({ ...rig, run });
      expect(pages.reduce((sum, { excluded = 0 }) => sum + excluded, 0)).toBe(whole.excluded);
      const matched = await Promise.all(pages.map((page) => matchedOn({ ...rig, run }, page)));
      const union = Array.from(whole.matched, (_, i) => (matched.some((bits) => bits[i] === '1') ? '1' : '0')).join('');
      expect(union).toBe(whole.matched);
      // A second attempt goes by what the first one wrote.
      const again = await perform(rig.activities.listFiles, [run, 0], { attempt: 2 });
      expect(again).toEqual(pages[0]);
    },
  );
  await fc.assert(property, { numRuns: 40 });
}, 120_000);
