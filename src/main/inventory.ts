import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parseCatalogue } from '../inventory/catalogue-csv.ts';
import { invalidInput, unknownSku } from '../inventory/inventory-failures.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { ExpectedError } from '../shared/failures.ts';
import { configuredInventory } from './open-inventory.ts';
import { runMain } from './run-main.ts';

type Task = (inventory: Inventory) => Promise<string>;

const help = `
The catalogue is CSV with the header sku,price,stock; an empty stock is unlimited. Importing changes the articles of the file, to its
prices and stocks, and no others; a file with a mistake changes nothing.

Exit codes: 0 done, 1 error.

Examples:
  npm run inventory -- import data/sample-catalogue.csv
  npm run inventory -- stock LAMP-DESK`;

/** `npm run inventory -- import FILE` and `-- stock SKU`: the catalogue behind order batches. */
const task = readArguments(process.argv.slice(2));
await runMain(async (config) => {
  const inventory = configuredInventory(config);
  try {
    console.log(await task(inventory));
    return 0;
  } finally {
    await inventory.close();
  }
});

function readArguments(argv: readonly string[]): Task {
  let task: Task | undefined;
  const program = new Command('inventory')
    .description('The catalogue and the stock of order batches.')
    .addHelpText('after', help)
    .showHelpAfterError('See `npm run inventory -- --help`.');
  program
    .command('import')
    .description('adds the articles of a CSV file, or gives them new prices and stocks')
    .argument('<file>', 'CSV file')
    .action((file: string) => {
      task = (inventory) => importFile(file, inventory);
    });
  program
    .command('stock')
    .description('prints how many pieces of an article are left, or `unlimited`')
    .argument('<sku>', 'article')
    .action((sku: string) => {
      task = (inventory) => showStock(sku, inventory);
    });
  program.parse(argv, { from: 'user' });
  return task ?? program.help({ error: true });
}

async function importFile(file: string, inventory: Inventory): Promise<string> {
  const csv = await readFile(file).catch((error: Error) => {
    throw invalidInput(`${file} cannot be read: ${error.message}`);
  });
  const rows = parse(csv, file);
  await inventory.importCatalogue(rows);
  return `Imported ${rows.length} ${rows.length === 1 ? 'SKU' : 'SKUs'} into ${inventory.address}`;
}

function parse(csv: Uint8Array, file: string) {
  try {
    return parseCatalogue(csv);
  } catch (error) {
    throw error instanceof ExpectedError ? invalidInput(`${file} was not imported.\n${error.message}`) : error;
  }
}

async function showStock(sku: string, inventory: Inventory): Promise<string> {
  const stock = await inventory.stockOf(sku);
  if (stock === undefined) throw unknownSku(sku);
  return String(stock);
}
