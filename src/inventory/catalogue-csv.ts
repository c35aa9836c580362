import { CsvError, parse } from 'csv-parse/sync';
import { nameProblem, invalidInput } from './check-input.ts';
import type { CatalogueRow, Stock } from './inventory.ts';
import { parsePrice } from './money.ts';

const header = 'sku,price,stock';

/** One record, and the line of the file on which it ends. */
interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads a catalogue in CSV (RFC 4180, UTF-8): the header `sku,price,stock`, then a line for each article. A price has at most two
 * decimals after a point; an empty stock is unlimited. Blanks around a field and empty lines do not count.
 *
 * Throws an `ExpectedError` of type `InvalidInput` that names every line that is wrong, its field and the fix.
 */
export function parseCatalogue(csv: Uint8Array): CatalogueRow[] {
  const [first, ...records] = readRecords(csv);
  const found = first?.record.join(',').toLowerCase();
  if (found !== header) {
    throw invalidInput(`line ${first?.info.lines ?? 1}: the file must begin with the header ${header}`);
  }
  const firstLines = new Map<string, number>();
  const problems: string[] = [];
  const rows = records.map((line) => {
    const [sku = '', price = '', stock = ''] = line.record;
    const wrong = lineProblems(line.record, firstLines.get(sku));
    if (wrong.length > 0) problems.push(`line ${line.info.lines}: ${wrong.join('; ')}`);
    if (!firstLines.has(sku)) firstLines.set(sku, line.info.lines);
    return { sku, priceCents: parsePrice(price) ?? 0, stock: parseStock(stock) ?? 0 };
  });
  if (problems.length > 0) throw invalidInput(problems.join('\n'));
  return rows;
}

function readRecords(csv: Uint8Array): CsvRecord[] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(csv);
    // The parser's own types know no option that changes what it returns.
    return parse(text, {
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (error instanceof CsvError) throw invalidInput(`line ${String(error['lines'])}: ${error.message}`);
    if (error instanceof TypeError) throw invalidInput('The file is not UTF-8: save it as UTF-8');
    throw error;
  }
}

function lineProblems(record: readonly string[], firstLine: number | undefined): string[] {
  const [sku = '', price = '', stock = ''] = record;
  if (record.length !== 3) {
    const fix = 'write 9.99 with a point, quote a SKU that holds a comma, and end with a comma for unlimited stock';
    return [`${record.length} fields where ${header} are 3: ${fix}`];
  }
  const wrong: (string | undefined)[] = [
    nameProblem('sku', sku),
    firstLine === undefined || sku === '' ? undefined : `sku ${sku} is on line ${firstLine} already: keep one of them`,
    parsePrice(price) === undefined
      ? `price must be from 0 to 999999999.99 with at most two decimals, such as 9.99, not ${JSON.stringify(price)}`
      : undefined,
    parseStock(stock) === undefined
      ? `stock must be a whole number from 0 to 999999999999, or empty for unlimited, not ${JSON.stringify(stock)}`
      : undefined,
  ];
  return wrong.filter((problem) => problem !== undefined);
}

function parseStock(text: string): Stock | undefined {
  if (text === '') return 'unlimited';
  return /^\d{1,12}$/u.test(text) ? Number(text) : undefined;
}
