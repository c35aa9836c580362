import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Filters } from '../../../src/contracts/filters.ts';
import { finish, openWhole } from '../backup/whole-run.ts';
import { listAll } from '../rig.ts';
import { expectedAfter, ignoreName, ignoreTexts, marker, type Rules, type Tree } from './mirror-oracle.ts';
import { brief, mirror, openRestoreRig, restoreRun } from './rig.ts';

const folder = fc.constantFrom('d0', 'd1', 'd2', 'd3');
const file = fc.constantFrom('a.txt', 'b.log', 'c.tmp', 'e.md', marker, ignoreName, 'h.txt');
const path = fc
  .tuple(fc.array(folder, { maxLength: 3 }), fc.option(file, { freq: 6, nil: '' }))
  .map(([folders, name]) => [...folders.map((one) => `${one}/`), name].join(''))
  .filter((one) => one !== '');
const size = fc.constantFrom(10, 100);

/** Every folder of a path is in the tree, too. */
const tree: fc.Arbitrary<Tree> = fc.array(fc.tuple(path, size), { maxLength: 14 }).map((entries) => {
  const all = new Map<string, number>();
  for (const [one, bytes] of entries) {
    for (const { index } of one.matchAll(/\//gu)) all.set(one.slice(0, index + 1), 0);
    if (one.endsWith(ignoreName)) all.set(one, bytes === 10 ? 6 : 4);
    else if (!one.endsWith('/')) all.set(one, bytes);
  }
  return all;
});

const rules: fc.Arbitrary<Rules> = fc.record({
  isLogExcluded: fc.boolean(),
  isFirstFolderExcluded: fc.boolean(),
  isOnlyMarkdown: fc.boolean(),
  isMarked: fc.boolean(),
  largest: fc.constantFrom(50, 1000),
});

function filtersOf({ isLogExcluded, isFirstFolderExcluded, isOnlyMarkdown, isMarked, largest }: Rules): Filters {
  return {
    exclude: [...(isLogExcluded ? ['*.log'] : []), ...(isFirstFolderExcluded ? ['/d1/'] : [])],
    ...(isOnlyMarkdown && { include: ['*.md', 'd2/'] }),
    ...(isMarked && { excludeIfPresent: [marker] }),
    largerThan: largest,
  };
}

async function write(root: string, files: Tree): Promise<void> {
  for (const [one, bytes] of files) {
    await mkdir(join(root, one.endsWith('/') ? one : dirname(one)), { recursive: true });
    const text = one.endsWith(ignoreName) ? ignoreTexts[bytes as 6 | 4] : 'x'.repeat(bytes);
    if (!one.endsWith('/')) await writeFile(join(root, one), text);
  }
}

async function read(root: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    const relative = at.slice(root.length + 1);
    if (entry.isDirectory()) found.set(`${relative}/`, 0);
    else found.set(relative, (await stat(at)).size);
  }
  return found;
}

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

test('a mirror leaves what the run holds and what it could not have held, and nothing else', async () => {
  console.info(`to see the same again: SEED=${seed} npm test -- test/activities/restore/mirror-property.test.ts`);
  const rig = await openRestoreRig({ pageEntries: 3, smallTreeFiles: 0 });
  const property = fc.asyncProperty(tree, tree, rules, async (source, target, filters) => {
    for (const place of [rig.root, rig.target]) {
      await rm(place, { recursive: true, force: true });
      await mkdir(place);
    }
    await write(rig.root, source);
    await write(rig.target, target);
    const run = await openWhole(rig, { filters: filtersOf(filters) }, randomUUID());
    const whole = { ...rig, run };
    await finish(whole, await listAll(whole));
    const dry = await restoreRun(whole, { ...mirror, overwrite: 'always', dryRun: true });
    const { rows, tally } = await restoreRun(whole, { ...mirror, overwrite: 'always' });
    expect({ rows: brief(rows), tally }).toEqual({ rows: brief(dry.rows), tally: dry.tally });
    const sorted = (found: Iterable<[string, number]>) => [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(await read(rig.target))).toEqual(sorted(expectedAfter(source, target, filters)));
  });
  await fc.assert(property, { seed, numRuns: 20 });
}, 600_000);
