import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readContent } from '../../../src/history/entries/read-content.ts';
import { holdsContent } from '../../../src/contracts/manifest.ts';
import { signal } from '../../storage/rig.ts';
import { writeTree } from '../../support/tree.ts';
import { openRig, perform, type Rig } from '../rig.ts';
import { backUpWhole, openWhole, type WholeRun } from '../backup/whole-run.ts';

async function openWithRuns(count: number): Promise<{ rig: Rig; ids: string[] }> {
  const rig = await openRig();
  await writeTree(rig.root, { 'a.txt': 10 });
  const ids: string[] = [];
  for (let left = count; left > 0; left -= 1) ids.push((await backUpWhole(rig)).run.id);
  return { rig, ids };
}

test('runs that a policy does not keep are forgotten, and a second attempt changes nothing', async () => {
  const { rig, ids } = await openWithRuns(3);
  const input = { policy: { last: 1 } };
  const dry = await perform(rig.activities.forgetRuns, [{ ...input, dryRun: true }]);
  expect(dry).toEqual({ dryRun: true, kept: 1, forgotten: 2, runs: ids.slice(0, 2).toReversed() });
  expect(await perform(rig.activities.forgetRuns, [input])).toEqual({ ...dry, dryRun: false });
  expect(await perform(rig.activities.forgetRuns, [input])).toMatchObject({ kept: 1, forgotten: 0 });
});

test('what is forgotten is no base of a run, and cannot be restored or verified', async () => {
  const { rig, ids } = await openWithRuns(2);
  const [older, newest = ''] = ids;
  await perform(rig.activities.forgetRuns, [{ runs: [newest], force: true }]);
  expect((await openWhole(rig)).base).toBe(older);
  const startedAt = '2026-01-02T03:04:05.678Z';
  const gone = { type: 'RunNotFound', message: expect.stringContaining('was forgotten at') };
  const { openRestore, openVerification } = rig.activities;
  await expect(perform(openRestore, [{ run: newest }, startedAt])).rejects.toMatchObject(gone);
  await expect(perform(openVerification, [{ run: newest }, startedAt])).rejects.toMatchObject(gone);
  expect((await perform(openRestore, [{ run: 'latest' }, startedAt])).run).toBe(older);
  expect((await perform(openVerification, [{ run: 'latest' }, startedAt])).run).toBe(older);
});

test('a run after a forgotten one holds what the directory has, and so does the forgotten one once it is taken back', async () => {
  const rig = await openRig();
  const { forgetRuns } = rig.activities;
  const file = join(rig.root, 'a.txt');
  const contentOf = async ({ entries }: WholeRun) => {
    const entry = entries.get('a.txt');
    if (!entry || !holdsContent(entry)) throw new Error('a.txt is not held');
    return Buffer.concat(await Array.fromAsync(readContent(rig.deps.store, entry, signal))).toString();
  };
  await writeFile(file, 'first');
  const first = await backUpWhole(rig);
  await writeFile(file, 'second');
  const second = await backUpWhole(rig);
  await perform(forgetRuns, [{ runs: [second.run.id], force: true }]);
  await writeFile(file, 'first');
  const third = await backUpWhole(rig);
  expect(third.run.base).toBe(first.run.id);
  expect(await contentOf(third)).toBe('first');
  await perform(forgetRuns, [{ runs: [second.run.id], undo: true }]);
  expect([await contentOf(first), await contentOf(second)]).toEqual(['first', 'second']);
});

test('a prefix is that of the input', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'a.txt': 10 });
  const { run } = await backUpWhole(rig, { prefix: 'hosts/' });
  const input = { runs: [run.id], force: true };
  await expect(perform(rig.activities.forgetRuns, [input])).rejects.toMatchObject({ type: 'RunNotFound' });
  expect(await perform(rig.activities.forgetRuns, [{ ...input, prefix: 'hosts/' }])).toMatchObject({ forgotten: 1 });
  const wrong = perform(rig.activities.forgetRuns, [{ ...input, prefix: '../' }]);
  await expect(wrong).rejects.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
});

test('the tags of a run are kept with it, each once', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'a.txt': 10 });
  const { run } = await backUpWhole(rig, { tags: ['nightly', 'eu', 'nightly'] });
  expect(run.tags).toEqual(['nightly', 'eu']);
  const plain = await openWhole(rig);
  expect(plain).not.toHaveProperty('tags');
});

test.each([
  [['a b'], 'tags.0: must be 1 to 100 characters without spaces, commas and control characters'],
  ['nightly', 'tags: Invalid input: expected array, received string'],
  [Array.from({ length: 33 }, (_, n) => String(n)), 'tags: must be at most 32'],
])('%j are no tags', async (tags, message) => {
  const rig = await openRig();
  const opened = openWhole(rig, { tags: tags as string[] });
  await expect(opened).rejects.toMatchObject({ type: 'InvalidInput', message });
});
