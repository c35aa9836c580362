import { printableJson } from '../../../lib/printable.ts';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { invalidInput, unknownSku } from '../../../inventory/check-input.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { perform, withCommonOptions, type Choose } from './options.ts';

const help = `
The catalogue is CSV with the header sku,price,stock; an empty stock is unlimited. Importing changes the articles of the file, to its
prices and stocks, and no others; a file with a mistake changes nothing.

Exit codes: 0 done, 1 error.

Examples:
  durable-backup inventory import data/sample-catalogue.csv
  durable-backup inventory stock LAMP-DESK`;

const json = 'print one JSON object instead of text';

/** `inventory import FILE` and `inventory stock SKU`: the catalogue behind order batches. */
export function addInventory(program: Command, choose: Choose): void {
  const group = program
    .command('inventory')
    .description('fills and shows the catalogue of order batches')
    .usage('<command> [options]')
    .addHelpText('after', help);
  const importing = group
    .command('import')
    .description('adds the articles of a CSV file, or gives them new prices and stocks')
    .argument('<file>', 'CSV file');
  perform(withCommonOptions(importing, json), choose, importFile, 'info');
  const stock = group
    .command('stock')
    .description('prints how many pieces of an article are left, or `unlimited`')
    .argument('<sku>', 'article');
  perform(withCommonOptions(stock, json), choose, showStock, 'info');
}

async function importFile(call: Call, file: string): Promise<number> {
  const csv = await readFile(file).catch((error: Error) => {
    throw invalidInput(`${file} cannot be read: ${error.message}`);
  });
  const rows = await parse(csv, file);
  return withInventory(call, async (inventory) => {
    await inventory.importCatalogue(rows);
    const { address } = inventory;
    if (call.json) call.answer(printableJson({ imported: rows.length, inventory: address }));
    else if (!call.quiet) call.answer(`Imported ${rows.length} ${rows.length === 1 ? 'SKU' : 'SKUs'} into ${address}`);
  });
}

async function parse(csv: Uint8Array, file: string) {
  const { parseCatalogue } = await import('../../../inventory/catalogue-csv.ts');
  try {
    return parseCatalogue(csv);
  } catch (error) {
    throw error instanceof ExpectedError ? invalidInput(`${file} was not imported.\n${error.message}`) : error;
  }
}

async function showStock(call: Call, sku: string): Promise<number> {
  if (isNotMade(call)) throw unknownSku(sku);
  return withInventory(call, async (inventory) => {
    const stock = await inventory.stockOf(sku);
    if (stock === undefined) throw unknownSku(sku);
    call.answer(call.json ? printableJson({ sku, stock }) : String(stock));
  });
}

// To say that there is no article, no database is made.
function isNotMade({ config: { inventory } }: Call): boolean {
  return inventory.databaseUrl === undefined && !existsSync(inventory.file);
}

async function withInventory({ config }: Call, work: (inventory: Inventory) => Promise<void>): Promise<number> {
  const { configuredInventory } = await import('../open/open-inventory.ts');
  const inventory = configuredInventory(config);
  try {
    await work(inventory);
    return exitCodes.done;
  } finally {
    await inventory.close();
  }
}
