import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBlocks } from '../../../../src/activities/backup/copy/blocks/plan-blocks.ts';
import type { EncodedPath } from '../../../../src/contracts/encoded-path.ts';

const MiB = 1024 * 1024;
const mostBlocks = 50_000;
const largestBlock = 4000 * MiB;
const path = 'a' as EncodedPath;

const planOf = (size: number) => planBlocks(path, { size, mtimeNs: '1', ctimeNs: '2', mode: 0o644 });

test.each([
  ['8 MiB and a byte', 8 * MiB + 1, 8, 2],
  ['all blocks of the usual size', mostBlocks * 8 * MiB, 8, mostBlocks],
  ['a byte more than those', mostBlocks * 8 * MiB + 1, 9, 44_445],
  ['the largest blob of the service', mostBlocks * largestBlock, 4000, mostBlocks],
])('%s: so many blocks of so many MiB', (_, size, blockMiB, count) => {
  expect(planOf(size)).toMatchObject({ size, count, blockSize: blockMiB * MiB });
});

test('whatever the size, the blocks are what the service takes and add up to the file', () => {
  const size = fc
    .oneof(fc.integer({ min: 1, max: 100 * MiB }), fc.maxSafeNat())
    .filter((size) => size > 0 && size <= mostBlocks * largestBlock);
  const property = fc.property(size, (size) => {
    const plan = planOf(size);
    const { count, blockSize } = plan;
    expect(count).toBeLessThanOrEqual(mostBlocks);
    expect(blockSize).toBeLessThanOrEqual(largestBlock);
    expect((count - 1) * blockSize + plan.lengthOf(count - 1)).toBe(size);
    for (const index of [0, count - 1]) {
      expect(plan.lengthOf(index)).toBeGreaterThan(0);
      expect(Buffer.from(plan.id(index), 'base64')).toHaveLength(38);
    }
  });
  fc.assert(property);
});
