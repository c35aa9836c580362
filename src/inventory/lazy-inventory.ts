import type { Inventory } from './inventory.ts';

/**
 * An inventory that is opened when it is first asked: a worker that only makes backups needs none, and one whose database is away
 * still makes them. A failure to open is that call's alone; the next one tries again.
 */
export function lazyInventory(address: string, open: () => Promise<Inventory>): Inventory {
  let opened: Promise<Inventory> | undefined;
  const inventory = () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    address,
    reserve: async (reservation) => (await inventory()).reserve(reservation),
    importCatalogue: async (rows) => (await inventory()).importCatalogue(rows),
    stockOf: async (sku) => (await inventory()).stockOf(sku),
    close: async () => (await opened)?.close(),
  };
}
