import type { Config } from '../../../config.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { lazyInventory, openInventory } from '../../../inventory/open-inventory.ts';
import { postgresAddress } from '../../../inventory/postgres-address.ts';

/**
 * The inventory that the configuration names: PostgreSQL when it has a `DATABASE_URL`, else a file. Opened when it is first used.
 * Throws an ExpectedError when the URL is not one.
 */
export function configuredInventory({ inventory: { databaseUrl, file, unknownSku } }: Config): Inventory {
  const address = databaseUrl === undefined ? file : postgresAddress(databaseUrl.reveal());
  return lazyInventory(address, () => openInventory({ databaseUrl: databaseUrl?.reveal(), file, unknownSku }));
}
