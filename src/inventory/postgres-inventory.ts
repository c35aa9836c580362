import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, Pool } from 'pg';
import { ExpectedError } from '../contracts/failures.ts';
import type { ItemResult } from '../contracts/orders.ts';
import { checkCatalogue, checkReservation, checkSku } from './check-input.ts';
import { decide, repeat, toResult, type Answer } from './decide.ts';
import { inventoryUnavailable } from './inventory-failures.ts';
import type { CatalogueRow, Inventory, Reservation, Stock, UnknownSku } from './inventory.ts';
import { postgresAddress } from './postgres-address.ts';
import {
  createSchema,
  findLine,
  putAnswer,
  putArticles,
  stockOf,
  toLine,
  type LineRow,
} from './postgres-statements.ts';

const connectTimeout = 3000;
const queryTimeout = 3000;
const importTimeout = 55_000;
const maxTries = 20;

// Somebody else came first; looking again gives the answer. unique_violation, serialization_failure, deadlock_detected
const passingCodes: readonly (string | undefined)[] = ['23505', '40001', '40P01'];

/**
 * Opens the inventory in a PostgreSQL database, whose tables are made when they are missing.
 *
 * Throws an `ExpectedError`: `InvalidConfiguration` when the URL cannot be read, `InventoryUnavailable` when there is no answer
 * within seconds, or a refusal. Neither shows the password.
 */
export async function openPostgresInventory(databaseUrl: string, unknownSku: UnknownSku): Promise<Inventory> {
  const address = postgresAddress(databaseUrl);
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'durable-backup',
    connectionTimeoutMillis: connectTimeout,
    query_timeout: queryTimeout,
  });
  // The server may end an idle connection at any time. The next query opens another; unheard, the event would end the process.
  pool.on('error', () => undefined);
  try {
    await createSchema(pool);
  } catch (error) {
    await pool.end();
    throw inventoryUnavailable(address, error);
  }
  return new PostgresInventory(pool, address, unknownSku);
}

class PostgresInventory implements Inventory {
  readonly address: string;
  readonly #pool: Pool;
  readonly #unknownSku: UnknownSku;
  #closed: Promise<void> | undefined;

  constructor(pool: Pool, address: string, unknownSku: UnknownSku) {
    this.#pool = pool;
    this.address = address;
    this.#unknownSku = unknownSku;
  }

  async reserve(reservation: Reservation): Promise<ItemResult> {
    checkReservation(reservation);
    return this.#explain(async () => (await this.#tryReserve(reservation)) ?? 'again');
  }

  async importCatalogue(rows: readonly CatalogueRow[]): Promise<void> {
    checkCatalogue(rows);
    const skus = rows.map(({ sku }) => sku);
    const prices = rows.map(({ priceCents }) => priceCents);
    const stocks = rows.map(({ stock }) => (stock === 'unlimited' ? null : stock));
    const query = { text: putArticles, values: [skus, prices, stocks], query_timeout: importTimeout };
    await this.#explain(() => this.#pool.query(query));
  }

  async stockOf(sku: string): Promise<Stock | undefined> {
    checkSku(sku);
    const { rows } = await this.#explain(() => this.#pool.query<{ stock: string | null }>(stockOf, [sku]));
    return rows[0] && (rows[0].stock === null ? 'unlimited' : Number(rows[0].stock));
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  /** Reads, decides and writes; undefined when what was read no longer held when it was written, and nothing was. */
  async #tryReserve(reservation: Reservation): Promise<ItemResult | undefined> {
    const { instanceId, index, sku } = reservation;
    const found = await this.#pool.query<LineRow>(findLine, [instanceId, index, sku]);
    const { first, article } = toLine(found.rows[0]);
    if (first) return repeat(reservation, first);
    const answer = decide(reservation, article, this.#unknownSku);
    const limited = answer.reserved && typeof article?.stock === 'number';
    return (await this.#record(reservation, answer, limited)) ? toResult(sku, answer) : undefined;
  }

  async #record(reservation: Reservation, { reserved, lineCents }: Answer, limited: boolean): Promise<boolean> {
    const { instanceId, index, sku, quantity } = reservation;
    const values = [instanceId, index, sku, quantity, reserved, lineCents, limited];
    return (await this.#pool.query(putAnswer, values)).rowCount === 1;
  }

  async #explain<T>(work: () => Promise<T | 'again'>): Promise<T> {
    try {
      return await whileOvertaken(work);
    } catch (error) {
      throw error instanceof ExpectedError ? error : inventoryUnavailable(this.address, error);
    }
  }
}

/** Does `work` until it is not overtaken by others who change the same rows. */
async function whileOvertaken<T>(work: () => Promise<T | 'again'>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await work();
      if (result !== 'again') return result;
      if (tries === maxTries) throw new Error(`others changed the same rows ${maxTries} times in a row`);
    } catch (error) {
      const passing = error instanceof DatabaseError && passingCodes.includes(error.code);
      if (!passing || tries === maxTries) throw error;
    }
    await sleep(Math.random() * 5 * tries);
  }
}
