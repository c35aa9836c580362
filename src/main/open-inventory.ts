import type { Config } from '../config.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { openInventory } from '../inventory/open-inventory.ts';

/** The inventory that the configuration names: PostgreSQL when it has a `DATABASE_URL`, else a file. */
export function openConfiguredInventory({ inventory: { databaseUrl, file, unknownSku } }: Config): Promise<Inventory> {
  return openInventory({ databaseUrl: databaseUrl?.reveal(), file, unknownSku });
}
