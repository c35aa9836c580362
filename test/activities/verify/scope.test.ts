import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isChosen } from '../../../src/activities/verify/scope.ts';
import { writeTree } from '../../support/tree.ts';
import { openRig } from '../rig.ts';
import { backUpRun, outcomes, verify } from './rig.ts';

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
