import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxLineCents, parsePrice, toAmount, toCents } from '../../src/inventory/money.ts';
import { maxBatchItems } from '../../src/contracts/orders.ts';

const cents = fc.integer({ min: 0, max: maxLineCents * maxBatchItems });

/** The decimal of some cents, by whole numbers alone. */
function decimal(amount: number): string {
  const digits = String(amount).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`.replace(/\.?0{1,2}$/u, '');
}

test('every amount up to the largest batch is the number that its decimal reads as, and shows at most two places', () => {
  fc.assert(
    fc.property(cents, (each) => {
      expect(JSON.stringify(toAmount(each))).toBe(decimal(each));
      expect(toCents(toAmount(each))).toBe(each);
    }),
    { numRuns: 5000 },
  );
});

test('a price is read exactly', () => {
  expect(['9.99', '9.9', '9', '0.07', '1.10', '999999999.99'].map(parsePrice)).toEqual([
    999, 990, 900, 7, 110, 99_999_999_999,
  ]);
  const property = fc.property(fc.nat(99_999_999_999), (each) => {
    expect(parsePrice((each / 100).toFixed(2))).toBe(each);
  });
  fc.assert(property);
});
