import type { Inventory, UnknownSku } from './inventory.ts';
import { sampleUnknownSku } from './inventory.ts';

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
export async function openInventory({
  databaseUrl,
  file,
  unknownSku = sampleUnknownSku,
}: InventoryLocation): Promise<Inventory> {
  // Each is loaded where it is used alone: Node 22 warns of its SQLite as soon as that is loaded.
  if (databaseUrl !== undefined) {
    const { openPostgresInventory } = await import('./postgres-inventory.ts');
    return openPostgresInventory(databaseUrl, unknownSku);
  }
  const { openSqliteInventory } = await import('./sqlite-inventory.ts');
  return openSqliteInventory(file, unknownSku);
}
