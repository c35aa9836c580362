import { expect, test } from 'vitest';
import { isBusy, retryAfterMs } from '../../../src/storage/pace/busy.ts';
import { pauseAfter } from '../../../src/storage/pace/patience.ts';

test.each([
  [1, 100, 200],
  [2, 200, 400],
  [5, 1600, 3200],
])('after try %d the pause is from %d to %d ms', (tried, least, most) => {
  expect(pauseAfter(tried, { status: 503 }, 0)).toBe(least);
  expect(pauseAfter(tried, { status: 503 }, 1)).toBe(most);
});

test('the time that the service names comes before the pause, up to a minute', () => {
  expect(pauseAfter(1, { status: 429, retryAfter: '7' }, 1)).toBe(7200);
  expect(pauseAfter(1, { status: 429, retryAfter: '3600' }, 1)).toBe(60_200);
});

test.each([
  ['7', 7000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:00:09 GMT', 9000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['-3', 0],
  ['soon', 0],
  ['', 0],
  [undefined, 0],
])('Retry-After: %s is %d ms', (header, milliseconds) => {
  expect(retryAfterMs(header, Date.UTC(2026, 0, 1))).toBe(milliseconds);
});

test.each([
  [503, 'ServerBusy', true],
  [503, undefined, true],
  [429, 'TooManyRequests', true],
  [500, 'OperationTimedOut', true],
  [500, 'InternalError', false],
  [408, 'RequestTimeout', false],
  [404, 'BlobNotFound', false],
])('%d %s is busy: %s', (status, code, expected) => {
  expect(isBusy({ status, code })).toBe(expected);
});
