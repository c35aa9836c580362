import { mkdir, writeFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lazyInventory, openInventory } from '../../src/inventory/open-inventory.ts';
import { temporaryDirectory } from '../support/tree.ts';

const line = { instanceId: 'order', index: 0, sku: 'A', quantity: 2 };

test('opens nothing until it is asked, and closing it unused changes nothing', async () => {
  const file = join(await temporaryDirectory(), 'inventory.sqlite');
  const inventory = lazyInventory(file, () => openInventory({ file }));
  await inventory.close();
  expect(existsSync(file)).toBe(false);
  expect(await inventory.reserve(line)).toEqual({ sku: 'A', reserved: true, lineTotal: 19.98 });
  await inventory.close();
  expect(existsSync(file)).toBe(true);
});

test('a database that cannot be opened fails the call, and the next one tries again', async () => {
  const folder = join(await temporaryDirectory(), 'data');
  await writeFile(folder, 'in the way');
  const file = join(folder, 'inventory.sqlite');
  const inventory = lazyInventory(file, () => openInventory({ file }));
  await expect(inventory.reserve(line)).rejects.toMatchObject({ type: 'InventoryUnavailable' });
  await rm(folder);
  await mkdir(folder);
  expect(await inventory.stockOf('A')).toBeUndefined();
  await inventory.close();
});
