import { expect, test } from 'vitest';
import { parseNdjson, splitLines, toCheckedLines, toNdjson } from '../../src/storage/ndjson.ts';

// Line separators of other kinds, and what looks like a checksum.
const rows = [
  { path: 'a\u2028b\u2029c\u0085d\re', size: 1 },
  { path: ',"check":"00000000"}', size: 2 },
  { path: '\ud800', check: 'its own' },
];

test('values come back as they were, whatever characters they hold, from any whole lines', () => {
  const lines = toCheckedLines(rows);
  expect(splitLines(lines.join(''))).toEqual(lines);
  expect(parseNdjson(lines.join(''))).toEqual(rows);
  expect(parseNdjson(lines.slice(1).join(''))).toEqual(rows.slice(1));
  expect(parseNdjson(toNdjson(rows))).toEqual(rows);
  expect(parseNdjson('')).toEqual([]);
});

test('a line with any bit another than it was written is refused, or says the same', () => {
  const bytes = Buffer.from(toCheckedLines(rows).join(''));
  const found: unknown[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const read = readOr(damaged.toString());
    if (read) found.push(read);
  }
  // Where the checksum's own name is hit, the line has none, and its values are as they were.
  for (const same of found) expect(same).toMatchObject(rows.map(({ path }) => ({ path })));
});

function readOr(text: string): unknown[] | undefined {
  try {
    return parseNdjson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

test.each([1, 2, 10])('a text that lacks its last %i bytes is refused, unless whole lines are left', (bytes) => {
  const text = toCheckedLines(rows).join('');
  expect(() => parseNdjson(text.slice(0, -bytes))).toThrow(SyntaxError);
});
