import { expect, test } from 'vitest';
import { watchLoss } from '../../../src/activities/backup/watch-loss.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type ManifestEntry } from '../../../src/contracts/manifest.ts';
import { fileEntry, folderEntry } from '../../history/records/rig.ts';

async function* inOrder(entries: readonly ManifestEntry[]): AsyncGenerator<ManifestEntry> {
  yield* entries.toSorted((a, b) => comparePaths(entryKey(a), entryKey(b)));
}

async function lossOf(before: readonly ManifestEntry[], present: readonly ManifestEntry[]): Promise<number> {
  const loss = watchLoss(inOrder(before), inOrder(present));
  const passed = await Array.fromAsync(loss.entries);
  expect(passed).toHaveLength(present.length);
  return loss.lost();
}

const files = (...paths: string[]) => paths.map((path) => fileEntry(path));

test.each<[string, ManifestEntry[], ManifestEntry[], number]>([
  ['nothing', files('a', 'b'), files('a', 'b', 'c'), 0],
  ['the first, one in between and the last', files('a', 'b', 'c', 'd', 'e'), files('b', 'd'), 3],
  ['all of a folder that is gone', [folderEntry('d'), ...files('d/a', 'd/b', 'e')], files('e'), 2],
  ['all, and there is nothing else', files('a', 'b'), [], 2],
  ['what has another name', files('a'), files('b'), 1],
  ['what is a folder now', files('a'), [folderEntry('a'), ...files('a/x')], 1],
  ['what is a symlink now', files('a'), [{ ...folderEntry('a'), kind: 'symlink' }], 1],
  ['what vanished while it was read', files('a'), [fileEntry('a', { outcome: 'skipped' })], 1],
  ['not what could not be read', files('a'), [fileEntry('a', { outcome: 'failed' })], 0],
  [
    'not what is in a folder that could not be read',
    [folderEntry('d'), ...files('d/a', 'd/b', 'e')],
    [{ ...folderEntry('d'), outcome: 'failed' }],
    1,
  ],
  ['not what was never held', [folderEntry('d'), fileEntry('a', { outcome: 'failed' })], [], 0],
])('lost: %s', async (_what, before, present, expected) => {
  expect(await lossOf(before, present)).toBe(expected);
});
