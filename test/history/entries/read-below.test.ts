import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findEntry, readBelow, shardsOf, type Part } from '../../../src/history/entries/read-below.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type ManifestEntry } from '../../../src/contracts/manifest.ts';
import { openRig, signal } from '../../storage/rig.ts';
import { fileEntry, folderEntry, forgeRun } from '../records/rig.ts';

/** What a part is, told of all entries at once. */
function isIn(key: string, { beginning, shallow = false }: Part): boolean {
  return key.startsWith(beginning) && (!shallow || !/\/./u.test(key.slice(beginning.length)));
}

const name = fc.stringMatching(/^[a!.\u{10000}\u{ffff}]{1,2}$/u);
const long = fc.constantFrom('', 'x'.repeat(498), 'x'.repeat(499), 'x'.repeat(500));
const paths = fc
  .uniqueArray(
    fc.tuple(long, fc.array(name, { minLength: 1, maxLength: 3 })).map(([start, names]) => start + names.join('/')),
    { maxLength: 25 },
  )
  .map((list) => list.flatMap((path) => [fileEntry(path), folderEntry(path)]))
  .map((entries) => entries.toSorted((a, b) => comparePaths(entryKey(a), entryKey(b))));

test('no entry of a part is in a shard that is left out', () => {
  const property = fc.property(paths, fc.infiniteStream(fc.nat(2)), fc.boolean(), (entries, cuts, shallow) => {
    const shards: ManifestEntry[][] = [[]];
    for (const entry of entries) {
      for (let cut = cuts.next().value ?? 0; cut > 1; cut -= 1) shards.push([]);
      shards.at(-1)?.push(entry);
    }
    const told = shards.map((held, at) => ({
      blob: String(at),
      sha256: '',
      entries: held.length,
      // As a shard tells it: no half a character at its end.
      first: held[0]
        ? entryKey(held[0])
            .slice(0, 500)
            .replace(/[\ud800-\udbff]$/u, '')
        : '',
    }));
    for (const beginning of ['', ...entries.map(entryKey)]) {
      const part = { beginning, shallow };
      const chosen = shardsOf(told, part).flatMap(({ blob }) => shards[Number(blob)] ?? []);
      const wanted = entries.filter((entry) => isIn(entryKey(entry), part));
      expect(chosen.filter((entry) => isIn(entryKey(entry), part))).toEqual(wanted);
    }
  });
  fc.assert(property);
});

/** A run of a hundred shards, ten of them in each of ten folders. */
async function forgeLarge() {
  const rig = await openRig();
  const shards = Array.from({ length: 100 }, (_, at) => {
    const folder = `d${Math.floor(at / 10)}`;
    const files = Array.from({ length: 20 }, (__, i) => fileEntry(`${folder}/${at % 10}/f${100 + i}`));
    return [...(at % 10 === 0 ? [folderEntry(folder)] : []), folderEntry(`${folder}/${at % 10}`), ...files];
  });
  const manifest = await forgeRun(rig.direct, { shards });
  const shardsRead = () => rig.proxy.requests.filter(({ method }) => method === 'GET').length;
  return { ...rig, manifest, shardsRead };
}

test('a folder of a run of many shards is read from those that hold it', async () => {
  const { store, manifest, shardsRead } = await forgeLarge();
  const entries = await Array.fromAsync(readBelow(store, manifest, { beginning: 'd7/3/' }, signal));
  expect(entries.map(({ path }) => path)).toEqual([
    'd7/3',
    ...Array.from({ length: 20 }, (_, i) => `d7/3/f${100 + i}`),
  ]);
  expect(shardsRead()).toBeLessThanOrEqual(2);
});

test('shards that hold nothing but what is deeper are passed over', async () => {
  const { store, manifest, shardsRead } = await forgeLarge();
  const entries = await Array.fromAsync(readBelow(store, manifest, { beginning: '', shallow: true }, signal));
  expect(entries.map(({ path }) => path)).toEqual(Array.from({ length: 10 }, (_, at) => `d${at}`));
  // Of each folder the shard that it begins in, and the one that the next folder might have begun in.
  expect(shardsRead()).toBeLessThanOrEqual(20);
});

test('one entry is read from its shard', async () => {
  const { store, manifest, shardsRead } = await forgeLarge();
  expect(await findEntry(store, manifest, 'd9/9/f119', signal)).toMatchObject({ path: 'd9/9/f119' });
  expect(shardsRead()).toBe(1);
  for (const key of ['d9/9/f', 'd9/9', 'd', 'z', '!']) {
    expect(await findEntry(store, manifest, key, signal)).toBeUndefined();
  }
});
