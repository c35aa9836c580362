import type { Pool } from 'pg';
import type { Answered, Article } from './decide.ts';

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
export async function createSchema(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('inventory_reservations') IS NOT NULL AS there`,
  );
  if (rows[0]?.there !== true) await pool.query(schema);
}

/** What is known of a line (instance, index, SKU): always one row. */
export const findLine = `
  SELECT r.sku, r.quantity, r.reserved, r.line_cents, a.price_cents, a.stock
  FROM (SELECT) AS one
  LEFT JOIN inventory_reservations r ON r.instance_id = $1 AND r.item_index = $2
  LEFT JOIN inventory_articles a ON a.sku = $3`;

/**
 * Records an answer (instance, index, SKU, quantity, reserved, cents, whether stock is to be taken) and takes the stock, both or
 * neither: no row comes back when price or stock is no longer what was decided on, and an answer that is there already violates
 * the primary key, which undoes the whole statement. Who wants the same article waits for the row's lock and sees it as it is then.
 */
export const putAnswer = `
  WITH taken AS (
    UPDATE inventory_articles SET stock = stock - $4::bigint
    WHERE $7::boolean AND sku = $3::text AND stock >= $4::bigint AND price_cents::numeric * $4::bigint = $6::bigint
    RETURNING sku
  )
  INSERT INTO inventory_reservations
  SELECT $1::text, $2::bigint, $3::text, $4::bigint, $5::boolean, $6::bigint
  WHERE NOT $7::boolean OR EXISTS (SELECT FROM taken)`;

/** Sorted, so that two imports lock the rows that they share in the same order. */
export const putArticles = `
  INSERT INTO inventory_articles
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS row (sku, price_cents, stock) ORDER BY sku
  ON CONFLICT (sku) DO UPDATE SET price_cents = excluded.price_cents, stock = excluded.stock`;

export const stockOf = 'SELECT stock FROM inventory_articles WHERE sku = $1';

/** A row of {@link findLine}. The driver gives a bigint as text. */
export interface LineRow {
  readonly sku: string | null;
  readonly quantity: string;
  readonly reserved: boolean;
  readonly line_cents: string;
  readonly price_cents: string | null;
  readonly stock: string | null;
}

export function toLine(row: LineRow | undefined): { first: Answered | undefined; article: Article | undefined } {
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
