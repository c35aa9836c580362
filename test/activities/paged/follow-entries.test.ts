import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { followEntries } from '../../../src/activities/paged/follow-entries.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey } from '../../../src/contracts/manifest.ts';
import type { Row } from '../../../src/activities/paged/shard.ts';

const row = fc.record({
  path: fc.stringMatching(/^[ab.\u{ffff}\u{10000}]{1,3}(?:\/[ab]{1,2})?$/u),
  kind: fc.constantFrom('file', 'directory'),
});
const rows = fc.uniqueArray(row, { selector: entryKey, maxLength: 20 }).map(inOrder);

function inOrder(entries: Row[]): Row[] {
  return entries.toSorted((a, b) => comparePaths(entryKey(a), entryKey(b)));
}

async function* source(entries: readonly Row[]): AsyncGenerator<Row> {
  yield* entries;
}

test('each key that is asked for finds its entry or none, whatever lies in between', async () => {
  const property = fc.asyncProperty(rows, rows, async (there, asked) => {
    const follower = followEntries(source(there));
    const known = new Map(there.map((entry) => [entryKey(entry), entry]));
    for (const entry of asked) expect(await follower.at(entryKey(entry))).toBe(known.get(entryKey(entry)));
    await follower.close();
  });
  await fc.assert(property);
});

test('the source is let go before its end', async () => {
  let released = false;
  async function* endless(): AsyncGenerator<Row> {
    try {
      for (let i = 0; ; i += 1) yield { path: `f${String(i).padStart(9, '0')}`, kind: 'file' };
    } finally {
      released = true;
    }
  }
  const follower = followEntries(endless());
  expect(await follower.at('f000000005')).toMatchObject({ path: 'f000000005' });
  await follower.close();
  expect(released).toBe(true);
  expect(await follower.at('f000000006')).toBeUndefined();
});
