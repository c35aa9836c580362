import { type Inventory, type UnknownSku, sampleUnknownSku } from './inventory.ts';

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
