import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, printable } from '../../../src/client/cli/format.ts';

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
