import { expect, test } from 'vitest';
import { parseByteRate } from '../../src/lib/units.ts';

const MiB = 1024 * 1024;

test.each([
  ['1048576', MiB],
  ['1048576B', MiB],
  ['10MiB', 10 * MiB],
  ['10M', 10 * MiB],
  ['10 mib/s', 10 * MiB],
  ['1.5Mi', 1.5 * MiB],
  ['500KiB', 500 * 1024],
  ['1k', 1024],
  ['1024GiB', 1024 ** 4],
])('%j is %d bytes a second', (text, rate) => {
  expect(parseByteRate(text)).toBe(rate);
});

test.each(['', '0', '512', '0.5K', '-1M', '10MB', '10Mbit', '10 m iB', 'M', '1e6', '1025G', 'off', '10MiB/h', '1,5M'])(
  '%j is no rate',
  (text) => {
    expect(parseByteRate(text)).toBeUndefined();
  },
);
