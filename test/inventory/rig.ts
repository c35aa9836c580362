import type { CatalogueRow, Inventory, UnknownSku } from '../../src/inventory/inventory.ts';
import type { InventoryLocation } from '../../src/inventory/open-inventory.ts';

/** What the suites work with. */
export interface Rig {
  /** Opens a new, empty inventory with these articles; all that were opened are closed after the test. */
  readonly stocked: (rows?: readonly CatalogueRow[], unknownSku?: UnknownSku) => Promise<Stocked>;
}

interface Stocked {
  readonly inventory: Inventory;
  readonly location: InventoryLocation;
  /** The same once more, as another process has it. */
  readonly another: () => Promise<Inventory>;
}

export const lamp: CatalogueRow = { sku: 'LAMP', priceCents: 3990, stock: 10 };
export const line = (quantity: number, index = 0, sku = 'LAMP') => ({ instanceId: 'order-1', index, sku, quantity });
