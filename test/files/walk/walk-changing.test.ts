import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walk } from '../../../src/files/walk/walk.ts';
import { readDirectoryNames } from '../../../src/files/walk/directory-names.ts';
import { createKeptNames } from '../../../src/files/walk/kept-names.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type PageEntry } from '../../../src/contracts/manifest.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';

const folders = Array.from({ length: 12 }, (_, i) => `d${i}`);

/** Makes, removes, renames and replaces what is not named `still…`, until it is told to stop. Returns how much it did. */
async function mutate(root: string, random: Random, isOver: () => boolean): Promise<number> {
  const anywhere = () => join(root, folders[random.between(0, folders.length)] ?? '', `moves${random.between(0, 60)}`);
  const changes = [
    () => writeFile(anywhere(), 'x'),
    () => mkdir(join(anywhere(), 'below'), { recursive: true }),
    () => writeFile(join(anywhere(), 'below', 'x'), 'x'),
    () => rm(anywhere(), { recursive: true, force: true }),
    () => rename(anywhere(), anywhere()),
  ];
  let done = 0;
  while (!isOver()) {
    const change = changes[random.between(0, changes.length)];
    // What is not there, or in the way, is for another time.
    await change?.().catch(() => undefined);
    done += 1;
  }
  return done;
}

test.each([
  ['in memory', undefined],
  ['on disk', 25],
])(
  'what was there all the time is listed once and in order while all around it changes, names being %s',
  { timeout: 60_000 },
  async (_, namesInMemory) => {
    const random = createRandom();
    const root = await realpath(await temporaryDirectory());
    const still = folders.flatMap((folder) => Array.from({ length: 40 }, (__, i) => `${folder}/still${i}`));
    await writeTree(root, Object.fromEntries(still.map((path) => [path, 1])));
    let isOver = false;
    const mutating = mutate(root, random, () => isOver);
    for (let round = 0; round < 15; round += 1) {
      const readNames = createKeptNames(readDirectoryNames).readerOf('run');
      const listed: PageEntry[] = [];
      for (let isLast = false; !isLast;) {
        const last = listed.at(-1);
        let left = random.between(1, 200);
        isLast = true;
        for await (const entry of walk(root, last && entryKey(last), { readNames, namesInMemory })) {
          if (left-- > 0) listed.push(entry);
          else {
            isLast = false;
            break;
          }
        }
      }
      const keys = listed.map(entryKey);
      expect(keys.toSorted(comparePaths), `seed ${random.seed}`).toEqual(keys);
      expect(new Set(keys).size, `seed ${random.seed}`).toBe(keys.length);
      const found = listed.filter(({ path, kind }) => path.includes('still') && kind === 'file');
      expect(found.map(({ path }) => path).toSorted(), `seed ${random.seed}`).toEqual(still.toSorted());
    }
    isOver = true;
    expect(await mutating).toBeGreaterThan(100);
  },
);
