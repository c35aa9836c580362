import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExpectedError } from '../contracts/failures.ts';
import type { ItemResult } from '../contracts/orders.ts';
import { checkCatalogue, checkReservation, checkSku, inventoryUnavailable } from './check-input.ts';
import { decide, repeat, toResult, type Answered, type Article } from './decide.ts';
import type { CatalogueRow, Inventory, Reservation, Stock, UnknownSku } from './inventory.ts';

// SQLite waits for another process's lock by putting this process to sleep, so it is let do so for moments only.
const blockingWait = 50;
const patience = 8000;
const busy = 5;

// FULL: an answer that Temporal has recorded must survive a power cut too.
const settings = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = ${blockingWait};`;

const schema = `
  CREATE TABLE IF NOT EXISTS inventory_articles (
    sku TEXT PRIMARY KEY,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    stock INTEGER CHECK (stock >= 0)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS inventory_reservations (
    instance_id TEXT NOT NULL,
    item_index INTEGER NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    line_cents INTEGER NOT NULL,
    PRIMARY KEY (instance_id, item_index)
  ) STRICT, WITHOUT ROWID;`;

/**
 * Opens the inventory in a file of SQLite's, which is made when it is missing, its directory too.
 * Throws an `ExpectedError` of type `InventoryUnavailable` when that cannot be.
 */
export async function openSqliteInventory(file: string, unknownSku: UnknownSku): Promise<Inventory> {
  const address = resolve(file);
  let db: DatabaseSync | undefined;
  try {
    await mkdir(dirname(address), { recursive: true });
    const opened = (db = new DatabaseSync(address));
    await patiently(() => opened.exec(settings));
    await patiently(() => inTransaction(opened, () => opened.exec(schema)));
    return new SqliteInventory(opened, address, unknownSku);
  } catch (error) {
    db?.close();
    throw inventoryUnavailable(address, error);
  }
}

class SqliteInventory implements Inventory {
  readonly address: string;
  readonly #db: DatabaseSync;
  readonly #unknownSku: UnknownSku;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync, address: string, unknownSku: UnknownSku) {
    this.#db = db;
    this.address = address;
    this.#unknownSku = unknownSku;
    this.#statements = prepare(db);
  }

  async reserve(reservation: Reservation): Promise<ItemResult> {
    checkReservation(reservation);
    return this.#change(() => this.#reserve(reservation));
  }

  async importCatalogue(rows: readonly CatalogueRow[]): Promise<void> {
    checkCatalogue(rows);
    await this.#change(() => {
      for (const { sku, priceCents, stock } of rows) {
        this.#statements.putArticle.run(sku, priceCents, stock === 'unlimited' ? null : stock);
      }
    });
  }

  async stockOf(sku: string): Promise<Stock | undefined> {
    checkSku(sku);
    return this.#explain(() => this.#article(sku)?.stock);
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  #reserve(reservation: Reservation): ItemResult {
    const { instanceId, index, sku, quantity } = reservation;
    const { findAnswer, takeStock, putAnswer } = this.#statements;
    const first = findAnswer.get(instanceId, index);
    if (first) return repeat(reservation, toAnswered(first));
    const article = this.#article(sku);
    const answer = decide(reservation, article, this.#unknownSku);
    if (answer.reserved && typeof article?.stock === 'number') takeStock.run(quantity, sku);
    putAnswer.run(instanceId, index, sku, quantity, Number(answer.reserved), answer.lineCents);
    return toResult(sku, answer);
  }

  #article(sku: string): Article | undefined {
    const row = this.#statements.findArticle.get(sku);
    return row && { priceCents: row['price_cents'] as number, stock: (row['stock'] as number | null) ?? 'unlimited' };
  }

  #change<T>(work: () => T): Promise<T> {
    return this.#explain(() => inTransaction(this.#db, work));
  }

  async #explain<T>(work: () => T): Promise<T> {
    try {
      return await patiently(work);
    } catch (error) {
      throw error instanceof ExpectedError ? error : inventoryUnavailable(this.address, error);
    }
  }
}

function prepare(db: DatabaseSync) {
  return {
    findAnswer: db.prepare(
      'SELECT sku, quantity, reserved, line_cents FROM inventory_reservations WHERE instance_id = ? AND item_index = ?',
    ),
    findArticle: db.prepare('SELECT price_cents, stock FROM inventory_articles WHERE sku = ?'),
    takeStock: db.prepare('UPDATE inventory_articles SET stock = stock - ? WHERE sku = ?'),
    putAnswer: db.prepare('INSERT INTO inventory_reservations VALUES (?, ?, ?, ?, ?, ?)'),
    putArticle: db.prepare('INSERT OR REPLACE INTO inventory_articles VALUES (?, ?, ?)'),
  };
}

function toAnswered(row: Record<string, unknown>): Answered {
  return {
    sku: row['sku'] as string,
    quantity: row['quantity'] as number,
    reserved: row['reserved'] === 1,
    lineCents: row['line_cents'] as number,
  };
}

// IMMEDIATE takes the write lock before anything is read, so that what `work` read still holds when it writes.
function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Does `work`, again and again while another process has the database. Between the tries this process does other things. */
async function patiently<T>(work: () => T): Promise<T> {
  const since = performance.now();
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() - since > patience) throw error;
    }
    await sleep(Math.random() * blockingWait);
  }
}

function isBusy(error: unknown): boolean {
  // The low byte is the kind of error, the rest its shade.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === busy;
}
