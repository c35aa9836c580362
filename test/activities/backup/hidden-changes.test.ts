import { readFileSync, statSync, writeFileSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { settledState } from '../../../src/files/file-state.ts';
import type { FileSystem } from '../../../src/files/disks.ts';
import { mayMountImages, mountCoarse } from '../../support/mounting.ts';
import { blobBytes, nameOf, openRig, openRigAt, type Rig } from '../rig.ts';
import { backUpWhole, type WholeRun } from './whole-run.ts';

const minute = 60_000;
const { signal } = new AbortController();

/** What is made of a file whose change time is, each time that it is looked at, so many milliseconds ago. */
async function stateOf(ages: readonly number[], fileSystem: FileSystem, round = 1) {
  let looks = 0;
  const stat = () => {
    const changed = Date.now() - (ages[Math.min(looks++, ages.length - 1)] ?? 0);
    const ctimeMs = BigInt(Math.floor(changed / round) * round);
    // What keeps fractions of a second keeps more than thousandths of it.
    return { ctimeMs, ctimeNs: ctimeMs * 1_000_000n + (round === 1 ? 1n : 0n) } as BigIntStats;
  };
  const file = { fd: -1, stat, read: () => ({ bytesRead: 0 }), close: () => undefined };
  return { ...(await settledState(file, fileSystem, signal)), looks };
}

test.each<[string, readonly number[], FileSystem, boolean, number]>([
  ['a while ago on a disk of this machine', [1000], 'local', false, 1],
  ['just now and no more', [1, 1000], 'local', false, 2],
  ['all the time', [1], 'local', true, 2],
  ['in a future that this clock does not know', [-60 * minute], 'local', true, 1],
  ['a while ago on a file system whose clock may be another', [4 * minute], 'other', true, 1],
  ['long ago on such a file system', [10 * minute], 'other', false, 1],
  ['in the future of such a file system', [-60 * minute], 'other', true, 1],
  ['where files are made up as they are read', [60 * minute], 'virtual', true, 1],
  ['at the beginning of time, which is no time', [Date.now() + 1000], 'local', true, 1],
])(
  'a change of a file that was changed %s is told by its times, or it is read again',
  async (_, ages, on, hides, looks) => {
    expect(await stateOf(ages, on)).toMatchObject({ mayHideChange: hides, looks });
  },
);

test('where times have no fractions, two seconds make a change tellable', async () => {
  expect(await stateOf([3500], 'local', 1000)).toMatchObject({ mayHideChange: false, looks: 1 });
  expect(await stateOf([100, 100, 3500], 'local', 1000)).toMatchObject({ mayHideChange: true, looks: 2 });
});

/** Backs the tree up while one of its files is written all the time, always to the same length. */
async function backUpWhileWritten(rig: Rig, path: string): Promise<WholeRun> {
  let written = 0;
  const writer = setInterval(() => writeFileSync(path, String((written += 1)).padStart(8)), 3);
  try {
    return await backUpWhole(rig);
  } finally {
    clearInterval(writer);
  }
}

test('a file that was read while it was written is read again by the next run, and by no later one', async () => {
  const rig = await openRig();
  const path = join(rig.root, 'a');
  writeFileSync(path, '       0');
  let first: WholeRun;
  // On a machine with other things to do the file may be found still.
  do first = await backUpWhileWritten(rig, path);
  while (first.entries.get('a')?.readAgain !== true);
  expect(first.entries.get('a')).toMatchObject({ outcome: 'uploaded' });
  // The times are those of the manifest by chance at most, so the content decides here.
  const second = await backUpWhole(rig);
  expect(second.entries.get('a')).toMatchObject({ attempts: 1 });
  expect(second.entries.get('a')).not.toHaveProperty('readAgain');
  expect((await blobBytes(rig, nameOf(rig, 'a'))).equals(readFileSync(path))).toBe(true);
  const third = await backUpWhole(rig);
  expect(third.entries.get('a')).toMatchObject({ outcome: 'unchanged', attempts: 0 });
  expect(third.pages.flatMap(({ copies }) => copies)).toEqual([]);
});

// Where nothing may be mounted, what is made of such times is tested above.
test.runIf(mayMountImages)(
  'on a file system whose times are whole seconds, a change in the second of the last one is not missed',
  async () => {
    const { root, unmount } = mountCoarse();
    onTestFinished(unmount);
    const rig = await openRigAt(root);
    const path = join(rig.root, 'a');
    let first: WholeRun;
    do {
      writeFileSync(path, '       0');
      first = await backUpWhileWritten(rig, path);
      writeFileSync(path, 'the last');
      // Until that was in the very second that the run knows.
    } while (String(statSync(path, { bigint: true }).ctimeNs) !== first.entries.get('a')?.ctimeNs);
    const { size, mtimeNs } = statSync(path, { bigint: true });
    expect(first.entries.get('a')).toMatchObject({ size: Number(size), mtimeNs: String(mtimeNs) });
    expect((await backUpWhole(rig)).outcomes).toMatchObject({ a: 'uploaded' });
    expect((await blobBytes(rig, nameOf(rig, 'a'))).toString()).toBe('the last');
    expect((await backUpWhole(rig)).pages.flatMap(({ copies }) => copies)).toEqual([]);
  },
);
