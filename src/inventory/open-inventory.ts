import type { Inventory, UnknownSku } from './inventory.ts';
import { sampleUnknownSku } from './inventory.ts';
import { openPostgresInventory } from './postgres-inventory.ts';
import { openSqliteInventory } from './sqlite-inventory.ts';

export interface InventoryLocation {
  /** URL of a PostgreSQL database; when it is given, `file` is not used. */
  readonly databaseUrl?: string | undefined;
  /** Of SQLite; relative to the working directory. */
  readonly file: string;
  /** {@link sampleUnknownSku} unless given. */
  readonly unknownSku?: UnknownSku;
}

/**
 * Opens an inventory, and makes its tables when they are missing. Several processes may do so at once.
 *
 * Throws an `ExpectedError` within 10 s: `InvalidConfiguration` when `databaseUrl` cannot be read, `InventoryUnavailable`, which names
 * the file or the server without secrets, when the database cannot be used.
 */
export function openInventory({
  databaseUrl,
  file,
  unknownSku = sampleUnknownSku,
}: InventoryLocation): Promise<Inventory> {
  return databaseUrl === undefined
    ? openSqliteInventory(file, unknownSku)
    : openPostgresInventory(databaseUrl, unknownSku);
}
