import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPacker } from '../../../src/activities/paged/fill-page.ts';

test('packs keep to their limits, and a file larger than a pack is alone', () => {
  const limits = fc.record({ packFiles: fc.integer({ min: 1, max: 5 }), packBytes: fc.nat(100) });
  fc.assert(
    fc.property(limits, fc.array(fc.nat(150)), (bounds, sizes) => {
      const packer = createPacker(bounds);
      const copies = Map.groupBy(
        sizes.map((size) => ({ size, copy: packer.add(size) })),
        ({ copy }) => copy,
      );
      expect([...copies.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: packer.count() }, (_, i) => i));
      for (const files of copies.values()) {
        const bytes = files.reduce((sum, { size }) => sum + size, 0);
        expect(files.length === 1 || (files.length <= bounds.packFiles && bytes <= bounds.packBytes)).toBe(true);
      }
    }),
  );
});

test('small files fill a pack around the large ones between them', () => {
  const packer = createPacker({ packFiles: 3, packBytes: 10 });
  expect([4, 11, 6, 0, 1, 10, 10, 11].map((size) => packer.add(size))).toEqual([0, 1, 0, 0, 2, 3, 4, 5]);
});
