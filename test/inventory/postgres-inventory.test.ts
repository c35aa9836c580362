import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import { startPostgres, type Postgres } from '../support/postgres.ts';
import { inventorySuite } from './inventory.suite.ts';
import { lamp, line } from './rig.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

inventorySuite('PostgreSQL', async () => ({ databaseUrl: await postgres.newDatabase(), file: 'not used' }));

async function query(databaseUrl: string, ...statements: string[]) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function failure(databaseUrl: string): Promise<Error & { type?: string }> {
  return openInventory({ databaseUrl, file: 'not used' }).then(
    () => new Error('it was opened'),
    (thrown: unknown) => thrown as Error,
  );
}

test.each([
  'mysql://tests:hidden@db/orders',
  'hidden',
  'postgresql://tests:1/hidden@db/orders',
  'postgresql://tests:a@b/hidden@db/orders',
  'postgresql://tests:1?hidden@db/orders',
  'postgresql://tests:1#hidden@db/orders',
])('what is no URL of a PostgreSQL database is refused with the fix, and not shown: %s', async (databaseUrl) => {
  const error = await failure(databaseUrl);
  expect(error).toMatchObject({ name: 'ExpectedError', type: 'InvalidConfiguration' });
  expect(error.message).toContain('postgresql://user:password@host:5432/database');
  expect(error.message).not.toContain('hidden');
});

test('a wrong password, a database that is not there and a server that is not there are failures that name the server', async () => {
  const url = new URL(await postgres.newDatabase());
  const { password, host, pathname } = url;
  const wrongPassword = Object.assign(new URL(url), { password: 'hidden' });
  const noDatabase = Object.assign(new URL(url), { pathname: '/nowhere' });
  const noServer = Object.assign(new URL(url), { port: '1' });
  const cases = [
    [wrongPassword, `postgresql://${host}${pathname}`, /password authentication failed/u],
    [noDatabase, `postgresql://${host}/nowhere`, /does not exist/u],
    [noServer, `postgresql://127.0.0.1:1${pathname}`, /ECONNREFUSED/u],
    [new URL(`postgresql://tests:${password}@localhost:1/x`), 'postgresql://localhost:1/x', /ECONNREFUSED/u],
  ] as const;
  for (const [wrong, address, reason] of cases) {
    const error = await failure(wrong.href);
    expect(error).toMatchObject({ name: 'ExpectedError', type: 'InventoryUnavailable' });
    expect(error.message).toContain(`${address} is not usable`);
    expect(error.message).toMatch(reason);
    expect(error.message).not.toContain(wrong.password);
  }
});

test('a server that accepts and never answers is a failure, and is not waited for for ever', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const error = await failure(`postgresql://tests:hidden@127.0.0.1:${port}/orders`);
  expect(error).toMatchObject({ type: 'InventoryUnavailable' });
  expect(error.message).toContain(`postgresql://127.0.0.1:${port}/orders`);
});

test('connections that the server ends are replaced; a lock that is held too long is a failure, and repeating is safe', async () => {
  const databaseUrl = await postgres.newDatabase();
  const inventory = await openInventory({ databaseUrl, file: 'not used' });
  onTestFinished(() => inventory.close());
  await inventory.importCatalogue([lamp]);
  const others = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $$durable-backup$$';
  await query(databaseUrl, `${others} AND datname = current_database()`);
  await expect.poll(() => inventory.stockOf('LAMP').catch(() => undefined)).toBe(10);

  const holder = new Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query('BEGIN; SELECT FROM inventory_articles FOR UPDATE');
  await expect(inventory.reserve(line(4))).rejects.toMatchObject({ type: 'InventoryUnavailable' });
  await holder.end();
  expect((await inventory.reserve(line(4))).reserved).toBe(true);
  expect(await inventory.stockOf('LAMP')).toBe(6);
});

test('where the tables are made, a user without the right to make any can use them, at any isolation', async () => {
  const databaseUrl = await postgres.newDatabase();
  const owner = await openInventory({ databaseUrl, file: 'not used' });
  onTestFinished(() => owner.close());
  await owner.importCatalogue([lamp]);
  const clerk = `clerk_${new URL(databaseUrl).pathname.slice(6)}`;
  await query(
    databaseUrl,
    `CREATE ROLE ${clerk} LOGIN PASSWORD 'p'`,
    `ALTER ROLE ${clerk} SET default_transaction_isolation = 'serializable'`,
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `GRANT SELECT, INSERT, UPDATE ON inventory_articles, inventory_reservations TO ${clerk}`,
  );
  const url = Object.assign(new URL(databaseUrl), { username: clerk, password: 'p' });
  const inventory = await openInventory({ databaseUrl: url.href, file: 'not used' });
  onTestFinished(() => inventory.close());
  const results = await Promise.all(Array.from({ length: 15 }, (_, i) => inventory.reserve(line(1, i))));
  expect(results.filter(({ reserved }) => reserved)).toHaveLength(10);
  expect(await owner.stockOf('LAMP')).toBe(0);
});
