import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import { inventorySuite } from './inventory.suite.ts';
import { lamp, line } from './rig.ts';

let directory: string;
let files = 0;
const newFile = () => join(directory, `new-${files++}`, 'inventory.sqlite');
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'durable-backup-inventory-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

inventorySuite('SQLite', async () => ({ file: newFile() }));

test.each<[string, (file: string) => Promise<void> | void]>([
  ['is not a database', (file) => writeFile(file, 'something else altogether, and long enough to be looked at')],
  ['has other tables of the same names', (file) => new DatabaseSync(file).exec('CREATE TABLE inventory_articles (x)')],
])('a file that %s is refused by name', async (_, make) => {
  const file = join(directory, `bad-${files++}`);
  await make(file);
  const opening = openInventory({ file });
  await expect(opening).rejects.toMatchObject({ name: 'ExpectedError', type: 'InventoryUnavailable' });
  await expect(opening).rejects.toThrow(file);
});

test('a directory in the place of the file is refused by name', async () => {
  await expect(openInventory({ file: directory })).rejects.toThrow(directory);
});

test('a database that another process holds for a while is waited for, and this process goes on meanwhile', async () => {
  const file = newFile();
  const inventory = await openInventory({ file });
  onTestFinished(() => inventory.close());
  await inventory.importCatalogue([lamp]);
  const holder = await hold(file);
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 20);
  const reserving = inventory.reserve(line(1));
  setTimeout(() => holder.kill('SIGKILL'), 1000);
  expect((await reserving).reserved).toBe(true);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(8);
});

test('a database that another process never lets go of is a failure that names it', async () => {
  const file = newFile();
  const inventory = await openInventory({ file });
  onTestFinished(() => inventory.close());
  await inventory.importCatalogue([lamp]);
  const holder = await hold(file);
  const reserving = inventory.reserve(line(1));
  await expect(reserving).rejects.toMatchObject({ type: 'InventoryUnavailable' });
  await expect(reserving).rejects.toThrow(`${file} is not usable: database is locked`);
  // Reading goes on beside a writer.
  expect(await inventory.stockOf('LAMP')).toBe(10);
  holder.kill('SIGKILL');
  expect((await inventory.reserve(line(1))).reserved).toBe(true);
});

/** A process that keeps the database locked until it is killed. */
async function hold(file: string) {
  const program = `
    const { DatabaseSync } = require('node:sqlite');
    globalThis.db = new DatabaseSync(process.argv[1]);
    db.exec('BEGIN IMMEDIATE');
    console.log('held');
    setInterval(() => undefined, 1000);`;
  const holder = spawn(process.execPath, ['-e', program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder;
}
