import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/tree.ts';

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const sample = fileURLToPath(new URL('../../../data/sample-catalogue.csv', import.meta.url));

function inventory(folder: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, INVENTORY_FILE: join(folder, 'inventory.sqlite'), DATABASE_URL: '' };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'inventory', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

test('imports a catalogue and tells what is left of an article', async () => {
  const folder = await temporaryDirectory();
  const imported = await inventory(folder, 'import', sample);
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  expect(imported.stdout).toMatch(/^Imported \d+ SKUs into .*inventory\.sqlite\n$/u);
  const file = join(folder, 'two.csv');
  await writeFile(file, 'sku,price,stock\nLAMP,12.50,7\nAIR,0.10,\n');
  expect((await inventory(folder, 'import', file)).stdout).toContain('Imported 2 SKUs');
  expect((await inventory(folder, 'stock', 'LAMP')).stdout).toBe('7\n');
  expect((await inventory(folder, 'stock', 'AIR')).stdout).toBe('unlimited\n');
});

test('--json answers with one object, errors too, and --quiet leaves out what an import says', async () => {
  const folder = await temporaryDirectory();
  const file = join(folder, 'one.csv');
  await writeFile(file, 'sku,price,stock\nLAMP,12.50,7\n');
  expect(await inventory(folder, 'import', file, '--quiet')).toMatchObject({ code: 0, stdout: '' });
  const imported = await inventory(folder, 'import', file, '--json');
  expect(JSON.parse(imported.stdout)).toEqual({ imported: 1, inventory: expect.stringContaining('inventory.sqlite') });
  expect(JSON.parse((await inventory(folder, 'stock', 'LAMP', '--json')).stdout)).toEqual({ sku: 'LAMP', stock: 7 });
  const unknown = await inventory(folder, 'stock', 'DESK', '--json');
  expect(unknown.code).toBe(1);
  expect(JSON.parse(unknown.stdout)).toMatchObject({ status: 'Failed', error: expect.stringContaining('DESK') });
});

test('a file with mistakes changes nothing, and each is named by its line', async () => {
  const folder = await temporaryDirectory();
  const file = join(folder, 'bad.csv');
  await writeFile(file, 'sku,price,stock\nLAMP,12.505,7\nDESK,1,-3\nCHAIR,1,1\n');
  const { code, stdout, stderr } = await inventory(folder, 'import', file);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: /u);
  expect(stderr).toContain('2');
  expect(stderr).toContain('3');
  expect(stderr).not.toContain('\n    at ');
  const chair = await inventory(folder, 'stock', 'CHAIR');
  expect(chair).toMatchObject({ code: 1, stdout: '' });
  expect(chair.stderr).toContain('CHAIR is not in the catalogue');
});

test.each([[['import', '/no/such/file.csv']], [['stock']], [['sell', 'LAMP']], [[]]])('%j is refused', async (args) => {
  const { code, stderr } = await inventory(await temporaryDirectory(), ...args);
  expect(code).toBe(1);
  expect(stderr).not.toBe('');
});
