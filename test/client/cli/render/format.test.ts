import { expect, test } from 'vitest';
import { printable, printableJson, printableLines } from '../../../../src/lib/printable.ts';
import { formatBytes, formatCount, formatDuration } from '../../../../src/client/cli/render/format.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1023.6, '1024 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [1024 ** 2 * 12.34, '12.3 MiB'],
  [1024 ** 5 * 3, '3.0 PiB'],
  [1024 ** 6 * 2, '2048.0 PiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0.0 s'],
  [9949, '9.9 s'],
  [9999, '10 s'],
  [59_600, '1 min 0 s'],
  [75_500, '1 min 16 s'],
  [3_600_000, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
])('%d milliseconds are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test('counts have commas', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567');
});

test('a name cannot steer the terminal or break the line', () => {
  expect(printable('a\u001B[2Jb\nc\u2028d é 漢')).toBe('a\uFFFD[2Jb\uFFFDc\uFFFDd é 漢');
});

test.each([
  ['order', '\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u200E\u200F\u061C'],
  ['nothing', '\u200B\u200C\u200D\u2060\uFEFF\u00AD\u180E\u3164\u115F\uFFA0'],
  ['tags', '\u{E0001}\u{E0041}\u{E007F}'],
  ['lines', '\u2028\u2029\u0085'],
  ['controls', '\u0000\u0007\u001B\u007F\u009B'],
])('what is invisible in a name is shown, and JSON keeps it: %s', (_, characters) => {
  for (const character of characters) {
    expect(printable(`a${character}gpj.exe`)).toBe('a\uFFFDgpj.exe');
    expect(printableLines(`a${character}b\nc`)).toBe('a\uFFFDb\nc');
    const json = printableJson({ path: `a${character}b` });
    expect(json).not.toContain(character);
    expect(JSON.parse(json)).toEqual({ path: `a${character}b` });
  }
});
