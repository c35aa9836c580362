import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCatalogue } from '../../src/inventory/catalogue-csv.ts';
import { ExpectedError } from '../../src/contracts/failures.ts';

const read = (text: string) => parseCatalogue(Buffer.from(text));

function refusal(text: string | Buffer): string {
  try {
    parseCatalogue(Buffer.from(text));
  } catch (error) {
    if (error instanceof ExpectedError && error.type === 'InvalidInput') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('the sample catalogue is one', async () => {
  const rows = parseCatalogue(await readFile(new URL('../../data/sample-catalogue.csv', import.meta.url)));
  expect(rows).toContainEqual({ sku: 'LAMP-DESK', priceCents: 3990, stock: 35 });
  expect(rows).toContainEqual({ sku: 'EBOOK-GUIDE', priceCents: 999, stock: 'unlimited' });
  expect(rows).toContainEqual({ sku: 'MUG, BLUE', priceCents: 725, stock: 140 });
});

test('byte order mark, CRLF, quotes, blanks around fields and empty lines do not matter', () => {
  expect(read('\ufeffSKU, Price ,stock\r\n\r\n a b , 9 , 0 \r\n"c,""d""",0.5,\r\n')).toEqual([
    { sku: 'a b', priceCents: 900, stock: 0 },
    { sku: 'c,"d"', priceCents: 50, stock: 'unlimited' },
  ]);
});

test('any catalogue can be written and read', () => {
  const sku = fc.stringMatching(/^[a-z",' é😀-]{1,8}$/u).filter((text) => text.trim() === text);
  const row = fc.record({
    sku,
    priceCents: fc.nat(99_999_999),
    stock: fc.oneof(fc.nat(), fc.constant('unlimited' as const)),
  });
  const catalogues = fc.uniqueArray(row, { selector: (each) => each.sku });
  const property = fc.property(catalogues, (rows) => {
    const lines = rows.map(({ sku, priceCents, stock }) => {
      const price = `${Math.floor(priceCents / 100)}.${String(priceCents % 100).padStart(2, '0')}`;
      return `"${sku.replaceAll('"', '""')}",${price},${stock === 'unlimited' ? '' : stock}`;
    });
    expect(read(['sku,price,stock', ...lines].join('\n'))).toEqual(rows);
  });
  fc.assert(property);
});

test('every wrong line is named, with its field and what it must be', () => {
  const lines = [
    'sku,price,stock',
    'ok,1,1',
    ',1,1',
    '',
    'a,9.999,',
    'b,-1,-1',
    '"c',
    'd",1e3,1.5',
    'ok,2,2',
    'e,9,99,1',
    'f',
  ];
  const problems = refusal(lines.join('\n')).split('\n');
  expect(problems.map((problem) => /^line \d+: \w+/u.exec(problem)?.[0])).toEqual([
    'line 3: sku',
    'line 5: price',
    'line 6: price',
    'line 8: sku',
    'line 9: sku',
    'line 10: 4',
    'line 11: 1',
  ]);
  expect(problems[1]).toContain('at most two decimals, such as 9.99, not "9.999"');
  expect(problems[2]).toContain(
    'stock must be a whole number from 0 to 999999999999, or empty for unlimited, not "-1"',
  );
  expect(problems[4]).toBe('line 9: sku ok is on line 2 already: keep one of them');
  expect(problems[5]).toContain('write 9.99 with a point');
});

test.each(['', 'a,1,1', 'sku;price;stock\na;1;1', 'price,sku,stock', 'sku,price,stock,extra'])(
  'without the header nothing is read: %j',
  (text) => expect(refusal(text)).toContain('line 1: the file must begin with the header sku,price,stock'),
);

test.each(['9,99', '.5', '5.', '1_000', '٣', '0x10', 'NaN', '1000000000', '+1', '1.001'])(
  'a price of %j is refused',
  (price) => {
    expect(refusal(`sku,price,stock\na,"${price}",1`)).toMatch(/^line 2: price must be/u);
  },
);

test('a file that is not UTF-8 or whose quotes do not match is refused', () => {
  expect(refusal(Buffer.from([0x61, 0xff]))).toContain('not UTF-8');
  expect(refusal('sku,price,stock\n"a,1,1\nb,1,1\n')).toMatch(/^line \d+: .*quot/iu);
});
