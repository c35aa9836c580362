import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, Pool } from 'pg';
import { ExpectedError } from '../contracts/failures.ts';
import type { ItemResult } from '../contracts/orders.ts';
import { checkCatalogue, checkReservation, checkSku, inventoryUnavailable } from './check-input.ts';
import { decide, repeat, toResult, type Answer, type Answered, type Article } from './decide.ts';
import type { CatalogueRow, Inventory, Reservation, Stock, UnknownSku } from './inventory.ts';
import { postgresAddress } from './postgres-address.ts';

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

// Any number that no other program in the database locks by.
const schemaLock = 4_871_202_611;

// Two processes that create a table at the same time collide even with IF NOT EXISTS. The statements are one transaction.
const schema = `
  SELECT pg_advisory_xact_lock(${schemaLock});
  CREATE TABLE IF NOT EXISTS inventory_articles (
    sku text PRIMARY KEY,
    price_cents bigint NOT NULL CHECK (price_cents >= 0),
    stock bigint CHECK (stock >= 0)
  );
  CREATE TABLE IF NOT EXISTS inventory_reservations (
    instance_id text NOT NULL,
    item_index bigint NOT NULL,
    sku text NOT NULL,
    quantity bigint NOT NULL,
    reserved boolean NOT NULL,
    line_cents bigint NOT NULL,
    PRIMARY KEY (instance_id, item_index)
  );`;

/** Makes the tables unless they are there; where they are, the user needs no right to make any. */
async function createSchema(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('inventory_reservations') IS NOT NULL AS there`,
  );
  if (rows[0]?.there !== true) await pool.query(schema);
}

/** What is known of a line (instance, index, SKU): always one row. */
const findLine = `
  SELECT r.sku, r.quantity, r.reserved, r.line_cents, a.price_cents, a.stock
  FROM (SELECT) AS one
  LEFT JOIN inventory_reservations r ON r.instance_id = $1 AND r.item_index = $2
  LEFT JOIN inventory_articles a ON a.sku = $3`;

/**
 * Records an answer (instance, index, SKU, quantity, reserved, cents, whether stock is to be taken) and takes the stock, both or
 * neither: no row comes back when price or stock is no longer what was decided on, and an answer that is there already violates
 * the primary key, which undoes the whole statement. Who wants the same article waits for the row's lock and sees it as it is then.
 */
const putAnswer = `
  WITH taken AS (
    UPDATE inventory_articles SET stock = stock - $4::bigint
    WHERE $7::boolean AND sku = $3::text AND stock >= $4::bigint AND price_cents::numeric * $4::bigint = $6::bigint
    RETURNING sku
  )
  INSERT INTO inventory_reservations
  SELECT $1::text, $2::bigint, $3::text, $4::bigint, $5::boolean, $6::bigint
  WHERE NOT $7::boolean OR EXISTS (SELECT FROM taken)`;

/** Sorted, so that two imports lock the rows that they share in the same order. */
const putArticles = `
  INSERT INTO inventory_articles
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS row (sku, price_cents, stock) ORDER BY sku
  ON CONFLICT (sku) DO UPDATE SET price_cents = excluded.price_cents, stock = excluded.stock`;

const stockOf = 'SELECT stock FROM inventory_articles WHERE sku = $1';

/** A row of {@link findLine}. The driver gives a bigint as text. */
interface LineRow {
  readonly sku: string | null;
  readonly quantity: string;
  readonly reserved: boolean;
  readonly line_cents: string;
  readonly price_cents: string | null;
  readonly stock: string | null;
}

function toLine(row: LineRow | undefined): { first: Answered | undefined; article: Article | undefined } {
  const { sku = null, price_cents: price = null, stock = null } = row ?? {};
  return {
    first:
      row && sku !== null
        ? { sku, quantity: Number(row.quantity), reserved: row.reserved, lineCents: Number(row.line_cents) }
        : undefined,
    article:
      price === null ? undefined : { priceCents: Number(price), stock: stock === null ? 'unlimited' : Number(stock) },
  };
}
