import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkScope, isChosen } from '../../../src/activities/verify/scope.ts';
import type { VerificationInput } from '../../../src/contracts/verification.ts';
import { writeTree } from '../../support/tree.ts';
import { openRig } from '../rig.ts';
import { backUpRun, outcomes, verify } from './rig.ts';

test.each<[unknown, string]>([
  [{ deep: 'yes' }, 'deep: give true or false, not "yes"'],
  [{ deep: null }, 'deep: give true or false, not null'],
  [{ sample: 0.5 }, 'sample: says which files a deep verification reads; give deep: true with it, or leave it out'],
  [{ deep: false, subset: { number: 1, of: 2 } }, 'subset: says which files a deep verification reads'],
  [{ deep: true, sample: 0.5, subset: { number: 1, of: 2 } }, 'sample, subset: give one of the two'],
  [{ deep: true, sample: 0 }, 'sample: give a share above 0 and at most 1, such as 0.05, not 0'],
  [{ deep: true, sample: 1.5 }, 'not 1.5'],
  [{ deep: true, sample: '5%' }, 'not "5%"'],
  [{ deep: true, sample: null }, 'not null'],
  [{ deep: true, sample: NaN }, 'sample: give a share'],
  [{ deep: true, subset: { number: 0, of: 2 } }, 'subset.number: give a whole number from 1 to 2, not 0'],
  [{ deep: true, subset: { number: 3, of: 2 } }, 'subset.number: give a whole number from 1 to 2, not 3'],
  [{ deep: true, subset: { number: 1, of: 10_001 } }, 'subset.of: give a whole number from 1 to 10000, not 10001'],
  [{ deep: true, subset: { number: 1, of: 1.5 } }, 'subset.of'],
  [{ deep: true, subset: { number: 1 } }, 'subset.of'],
  [{ deep: true, subset: null }, 'subset.of'],
])('%j is refused with the field and the fix', (given, message) => {
  const check = () => checkScope({ run: 'latest', ...(given as Partial<VerificationInput>) });
  expect(check).toThrow(expect.objectContaining({ type: 'InvalidInput', message: expect.stringContaining(message) }));
});

test('each path is in exactly one part of a subset, and in the same one with every verification', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), fc.string(), (path, of, id) => {
      const parts = Array.from({ length: of }, (_, i) => i + 1).filter((number) =>
        isChosen({ id, subset: { number, of } }, path),
      );
      expect(parts).toHaveLength(1);
      expect(isChosen({ id: 'another', subset: { number: parts[0] ?? 0, of } }, path)).toBe(true);
    }),
  );
});

test('a sample has about its share of the paths, others with another verification, and the whole when it is 1', () => {
  const paths = Array.from({ length: 10_000 }, (_, i) => `folder/file-${i}`);
  const sampled = (id: string, sample: number) => paths.filter((path) => isChosen({ id, sample }, path));
  const first = sampled('a', 0.05);
  const second = sampled('b', 0.05);
  // Five standard deviations.
  for (const some of [first, second]) expect(Math.abs(some.length - 500)).toBeLessThan(110);
  expect(first.filter((path) => second.includes(path)).length).toBeLessThan(80);
  expect(sampled('a', 0.05)).toEqual(first);
  expect(sampled('a', 1)).toHaveLength(paths.length);
});

test('verifications of the parts read every file once; what one leaves out is unchecked', async () => {
  const rig = await openRig();
  const paths = Array.from({ length: 12 }, (_, i) => `f${i}`);
  await writeTree(rig.root, Object.fromEntries(paths.map((path) => [path, 10])));
  await backUpRun(rig);
  const times = new Map<string, number>();
  for (const number of [1, 2, 3]) {
    const verified = await verify(rig, { deep: true, subset: { number, of: 3 } });
    const { tally, report } = verified;
    expect(report.subset).toEqual({ number, of: 3 });
    expect(tally).toMatchObject({ files: 12, bytes: 120, failed: 0, readBytes: tally.intact * 10 });
    expect(tally.unchecked).toBe(12 - tally.intact);
    for (const [path, outcome] of Object.entries(outcomes(verified))) {
      if (outcome === 'intact') times.set(path, (times.get(path) ?? 0) + 1);
    }
  }
  expect(times).toEqual(new Map(paths.map((path) => [path, 1])));
});

test('a file outside the sample is still reported when it is gone', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10, b: 10 });
  await backUpRun(rig);
  for await (const { name } of rig.container.listBlobsFlat({ prefix: rig.root.slice(1) })) {
    await rig.container.deleteBlob(name);
  }
  const verified = await verify(rig, { deep: true, sample: 1e-9 });
  expect(outcomes(verified)).toEqual({ a: 'missing', b: 'missing' });
});
