import { expect, test } from 'vitest';
import { isBusy } from '../../../../src/activities/backup/file-outcome.ts';

test.each([
  ['EBUSY', 'linux', true],
  ['ETXTBSY', 'linux', true],
  ['EACCES', 'linux', false],
  ['EPERM', 'darwin', false],
  ['EBUSY', 'win32', true],
  ['EACCES', 'win32', true],
  ['EPERM', 'win32', true],
  ['EIO', 'win32', false],
] as const)('%s on %s: another process has the file in its hands: %s', (code, platform, busy) => {
  expect(isBusy(Object.assign(new Error(code), { code }), platform)).toBe(busy);
});

test('an error without a code is not of a busy file', () => {
  expect(isBusy(new Error('odd'), 'linux')).toBe(false);
});
