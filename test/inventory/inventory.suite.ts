import { afterEach, describe, expect, test } from 'vitest';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { openInventory, type InventoryLocation } from '../../src/inventory/open-inventory.ts';
import { inventoryAtOnceSuite } from './inventory-at-once.suite.ts';
import { inventoryInputSuite } from './inventory-input.suite.ts';
import { lamp, line, type Rig } from './rig.ts';

/** Holds an implementation to the contract of {@link Inventory}. `newLocation` names an inventory that is not there yet. */
export function inventorySuite(implementation: string, newLocation: () => Promise<InventoryLocation>): void {
  describe(`the contract of an inventory, kept by ${implementation}`, () => {
    const opened: Inventory[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((inventory) => inventory.close()));
    });
    const open = async (location: InventoryLocation) => {
      const inventory = await openInventory(location);
      opened.push(inventory);
      return inventory;
    };
    const stocked: Rig['stocked'] = async (rows = [lamp], unknownSku = 'reject') => {
      const location = { ...(await newLocation()), unknownSku };
      const inventory = await open(location);
      await inventory.importCatalogue(rows);
      return { inventory, location, another: () => open(location) };
    };

    reservingSuite({ stocked });
    catalogueSuite({ stocked });
    inventoryInputSuite({ stocked });
    inventoryAtOnceSuite({ stocked }, newLocation, open);
  });
}

function reservingSuite({ stocked }: Rig): void {
  test('a line takes its pieces and costs quantity × price, exactly', async () => {
    const { inventory } = await stocked([lamp, { sku: 'PEN', priceCents: 999, stock: 'unlimited' }]);
    expect(await inventory.reserve(line(3))).toEqual({ sku: 'LAMP', reserved: true, lineTotal: 119.7 });
    expect(await inventory.stockOf('LAMP')).toBe(7);
    expect(await inventory.reserve(line(3, 1, 'PEN'))).toEqual({ sku: 'PEN', reserved: true, lineTotal: 29.97 });
    expect(await inventory.stockOf('PEN')).toBe('unlimited');
  });

  test('the last piece can be had, and nothing after it', async () => {
    const { inventory } = await stocked();
    expect(await inventory.reserve(line(11, 0))).toEqual({ sku: 'LAMP', reserved: false, lineTotal: 0 });
    expect(await inventory.stockOf('LAMP')).toBe(10);
    expect(await inventory.reserve(line(10, 1))).toEqual({ sku: 'LAMP', reserved: true, lineTotal: 399 });
    expect(await inventory.reserve(line(1, 2))).toEqual({ sku: 'LAMP', reserved: false, lineTotal: 0 });
    expect(await inventory.stockOf('LAMP')).toBe(0);
  });

  test.each([0, -1, -999_999_999])('a line of %i pieces is not reserved, whatever its SKU', async (quantity) => {
    const { inventory } = await stocked();
    for (const [index, sku] of ['LAMP', 'nowhere'].entries()) {
      expect(await inventory.reserve(line(quantity, index, sku))).toEqual({ sku, reserved: false, lineTotal: 0 });
    }
    expect(await inventory.stockOf('LAMP')).toBe(10);
  });

  test('a repeat gets the first answer and changes nothing, after a change of price, of stock and of process', async () => {
    const { inventory, another } = await stocked();
    const reserved = await inventory.reserve(line(4, 0));
    const refused = await inventory.reserve(line(7, 1));
    await inventory.importCatalogue([{ sku: 'LAMP', priceCents: 1, stock: 100 }]);
    const other = await another();
    for (const each of [inventory, other]) {
      expect(await each.reserve(line(4, 0))).toEqual(reserved);
      expect(await each.reserve(line(7, 1))).toEqual(refused);
    }
    expect(await inventory.stockOf('LAMP')).toBe(100);
  });

  test('a line that changed since it was answered is refused and changes nothing', async () => {
    const { inventory } = await stocked([lamp, { ...lamp, sku: 'PEN' }]);
    await inventory.reserve(line(4));
    for (const changed of [line(5), line(4, 0, 'PEN')]) {
      const again = inventory.reserve(changed);
      await expect(again).rejects.toMatchObject({ name: 'ExpectedError', type: 'InvalidInput' });
      await expect(again).rejects.toThrow(/Line 0 of order-1 was answered as 4 × LAMP/u);
    }
    expect([await inventory.stockOf('LAMP'), await inventory.stockOf('PEN')]).toEqual([6, 10]);
  });

  test('the same line of another order, and another line of the same order, are lines of their own', async () => {
    const { inventory } = await stocked();
    for (const each of [line(1), line(1, 1), { ...line(1), instanceId: 'order-2' }, { ...line(1), instanceId: 'x' }]) {
      expect((await inventory.reserve(each)).reserved).toBe(true);
    }
    expect(await inventory.stockOf('LAMP')).toBe(6);
  });

  test('a SKU outside the catalogue costs the price for those, in any number', async () => {
    const { inventory } = await stocked([lamp], { priceCents: 999 });
    expect(await inventory.reserve(line(1000, 0, 'lamp'))).toEqual({ sku: 'lamp', reserved: true, lineTotal: 9990 });
    expect(await inventory.stockOf('lamp')).toBeUndefined();
    expect(await inventory.stockOf('LAMP')).toBe(10);
  });

  test('a SKU outside a complete catalogue is a failure that names it, and can be had once it is imported', async () => {
    const { inventory } = await stocked();
    const unknown = inventory.reserve(line(2, 0, 'CHAIR'));
    await expect(unknown).rejects.toMatchObject({ name: 'ExpectedError', type: 'UnknownSku' });
    await expect(unknown).rejects.toThrow(/CHAIR is not in the catalogue/u);
    await inventory.importCatalogue([{ sku: 'CHAIR', priceCents: 100, stock: 5 }]);
    expect((await inventory.reserve(line(2, 0, 'CHAIR'))).reserved).toBe(true);
  });

  test('what was answered is there after closing and opening again', async () => {
    const { inventory, another } = await stocked();
    const first = await inventory.reserve(line(4));
    await inventory.close();
    await inventory.close();
    await expect(inventory.reserve(line(4))).rejects.toMatchObject({ type: 'InventoryUnavailable' });
    const again = await another();
    expect(await again.stockOf('LAMP')).toBe(6);
    expect(await again.reserve(line(4))).toEqual(first);
  });
}

function catalogueSuite({ stocked }: Rig): void {
  test('an import adds articles, replaces those that are there, and leaves the others', async () => {
    const { inventory } = await stocked([lamp, { sku: 'PEN', priceCents: 100, stock: 3 }]);
    await inventory.reserve(line(4));
    await inventory.importCatalogue([
      { sku: 'LAMP', priceCents: 5, stock: 'unlimited' },
      { sku: 'CHAIR', priceCents: 0, stock: 0 },
    ]);
    expect(await inventory.stockOf('LAMP')).toBe('unlimited');
    expect(await inventory.stockOf('CHAIR')).toBe(0);
    expect(await inventory.stockOf('PEN')).toBe(3);
    expect(await inventory.reserve(line(2, 1))).toEqual({ sku: 'LAMP', reserved: true, lineTotal: 0.1 });
  });

  test('an import of nothing changes nothing, and one of 20,000 articles is one import', async () => {
    const { inventory } = await stocked();
    await inventory.importCatalogue([]);
    await inventory.importCatalogue(
      Array.from({ length: 20_000 }, (_, i) => ({ sku: `SKU ${i}`, priceCents: i, stock: i })),
    );
    expect([await inventory.stockOf('LAMP'), await inventory.stockOf('SKU 19999')]).toEqual([10, 19_999]);
  });

  test('SKUs are told apart byte by byte and kept as they are', async () => {
    const skus = ['a', 'A', 'ä', 'a\u0308', ' a', "a'; --", '漢', '😀', '\ufeffa', 'a'.repeat(1000)];
    const { inventory } = await stocked(skus.map((sku, stock) => ({ sku, priceCents: 1, stock })));
    for (const [stock, sku] of skus.entries()) expect(await inventory.stockOf(sku)).toBe(stock);
  });

  test('the largest numbers are kept exactly', async () => {
    const { inventory } = await stocked([{ sku: 'LAMP', priceCents: 99_999_999_999, stock: 999_999_999_999 }]);
    expect((await inventory.reserve(line(1))).lineTotal).toBe(999_999_999.99);
    expect(await inventory.stockOf('LAMP')).toBe(999_999_999_998);
    await inventory.importCatalogue([{ sku: 'LAMP', priceCents: 100, stock: 999_999_999_999 }]);
    expect((await inventory.reserve(line(999_999_999, 1))).lineTotal).toBe(999_999_999);
    expect(await inventory.stockOf('LAMP')).toBe(999_000_000_000);
  });
}
