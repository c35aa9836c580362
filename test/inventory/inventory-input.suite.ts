import { expect, test } from 'vitest';
import type { CatalogueRow } from '../../src/inventory/inventory.ts';
import { lamp, line, type Rig } from './rig.ts';

const badNames = ['', 'a\u0000b', 'line\nbreak', '\ud800', 'x'.repeat(1001), 7 as unknown as string];
const badNumbers = [1.5, NaN, Infinity, 1e15, '3' as unknown as number, undefined as unknown as number];

/** What is refused before the database sees it, naming the field. */
export function inventoryInputSuite({ stocked }: Rig): void {
  test('a malformed line is refused, naming its field, and changes nothing', async () => {
    const { inventory } = await stocked([lamp], { priceCents: 999 });
    const bad = [
      ...badNames.map((sku) => ['sku', { ...line(1), sku }] as const),
      ...badNames.map((instanceId) => ['instanceId', { ...line(1), instanceId }] as const),
      ...[-1, ...badNumbers.filter((index) => index !== 1e15)].map(
        (index) => ['index', { ...line(1), index }] as const,
      ),
      ...[1_000_000_000, ...badNumbers].map((quantity) => ['quantity', line(quantity)] as const),
    ];
    for (const [field, reservation] of bad) {
      const refused = inventory.reserve({ ...reservation });
      await expect(refused).rejects.toMatchObject({ name: 'ExpectedError', type: 'InvalidInput' });
      await expect(refused).rejects.toThrow(field);
    }
    expect(await inventory.stockOf('LAMP')).toBe(10);
    expect((await inventory.reserve(line(1, 0))).reserved).toBe(true);
  });

  test('a line that costs more than sums stay exact for is refused with the fix', async () => {
    const { inventory } = await stocked([{ sku: 'LAMP', priceCents: 99_999_999_999, stock: 'unlimited' }]);
    for (const quantity of [2, 999_999_999]) {
      await expect(inventory.reserve(line(quantity))).rejects.toThrow(/divide the quantity/u);
    }
    expect((await inventory.reserve(line(1))).reserved).toBe(true);
  });

  test.each<[string, CatalogueRow[]]>([
    ['a SKU twice', [lamp, lamp]],
    ['a malformed SKU', [{ ...lamp, sku: 'a\u0000' }]],
    ['a negative price', [{ ...lamp, priceCents: -1 }]],
    ['half a cent', [{ ...lamp, priceCents: 0.5 }]],
    ['a price beyond the limit', [{ ...lamp, priceCents: 100_000_000_000 }]],
    ['a negative stock', [{ ...lamp, stock: -1 }]],
    ['a stock beyond the limit', [{ ...lamp, stock: 1_000_000_000_000 }]],
    ['a stock that is no number', [{ ...lamp, stock: 'many' as 'unlimited' }]],
  ])('an import with %s is refused whole', async (_, rows) => {
    const { inventory } = await stocked();
    const refused = inventory.importCatalogue([{ sku: 'PEN', priceCents: 1, stock: 1 }, ...rows]);
    await expect(refused).rejects.toMatchObject({ name: 'ExpectedError', type: 'InvalidInput' });
    expect(await inventory.stockOf('PEN')).toBeUndefined();
    expect(await inventory.stockOf('LAMP')).toBe(10);
  });

  test('the stock of what cannot be a SKU is not looked up', async () => {
    const { inventory } = await stocked();
    await expect(inventory.stockOf('a\u0000')).rejects.toMatchObject({ type: 'InvalidInput' });
  });
}
