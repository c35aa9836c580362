import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome, EntryKind, ManifestEntry } from '../../src/contracts/manifest.ts';
import { type Tally, emptyTally, tallyOf } from '../../src/contracts/backup.ts';
import { addTallies } from '../../src/contracts/job.ts';

function entry(kind: EntryKind, outcome: Outcome, size: number): ManifestEntry {
  return { path: 'x', kind, outcome, size, mtimeNs: '0', ctimeNs: '0', mode: 0, attempts: 1 };
}

const keys = Object.keys(emptyTally) as (keyof Tally)[];
const tally = fc.record(Object.fromEntries(keys.map((key) => [key, fc.nat(1e9)]))) as unknown as fc.Arbitrary<Tally>;

test.each([
  ['file', 'uploaded', { files: 1, bytes: 7, uploaded: 1, uploadedBytes: 7 }],
  ['file', 'adopted', { files: 1, bytes: 7, adopted: 1 }],
  ['directory', 'recorded', { directories: 1 }],
  ['symlink', 'recorded', { symlinks: 1 }],
  ['other', 'skipped', { skipped: 1 }],
  ['file', 'changed', { failed: 1 }],
  ['directory', 'failed', { failed: 1 }],
] as const)('a %s that was %s counts as %j', (kind, outcome, counts) => {
  expect(tallyOf(entry(kind, outcome, 7))).toEqual({ ...emptyTally, ...counts });
});

test('tallies add up field by field, in any order', () => {
  fc.assert(
    fc.property(tally, tally, (a, b) => {
      const sum = addTallies(a, b);
      for (const key of keys) expect(sum[key]).toBe((a[key] ?? 0) + (b[key] ?? 0));
      expect(addTallies(b, a)).toEqual(sum);
      expect(addTallies(a, emptyTally)).toEqual(a);
    }),
  );
});
