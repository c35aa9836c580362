import { expect, test } from 'vitest';
import { knownPrefixSchema, newPrefixOf, prefixOf, prefixSchema } from '../../src/contracts/blob-prefix.ts';

test.each(['', 'hosts/web-1/', '.hidden/', 'a b/', 'ä/日本/', '...a/'])(
  'a new backup may have the prefix %j',
  (prefix) => {
    expect(prefixSchema.safeParse(prefix).success).toBe(true);
    expect(newPrefixOf({}, prefix)).toBe(prefix);
  },
);

test.each(['a./', 'a/b./c/', '.../', 'a /', 'a/ /', 'a\ufffd/', 'a\uffff/'])(
  'the prefix %j, which storage does not keep as it is, is known where it is read, and no new backup has it',
  (prefix) => {
    expect(knownPrefixSchema.safeParse(prefix).success).toBe(true);
    expect(prefixOf({ prefix }, '')).toBe(prefix);
    expect(prefixSchema.safeParse(prefix).success).toBe(false);
    expect(() => newPrefixOf({ prefix }, '')).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^prefix: /u) }),
    );
    expect(() => newPrefixOf({}, prefix)).toThrow(
      expect.objectContaining({ type: 'InvalidInput', message: expect.stringMatching(/^BACKUP_PREFIX: /u) }),
    );
  },
);

test.each([
  '/',
  '/a/',
  'a',
  'a//',
  './',
  '../',
  'a/../',
  'a%/',
  'a\\/',
  'a\n/',
  'a\u0085/',
  '.durable-backup/',
  '\ud800/',
  'a/'.repeat(129),
])('nothing is below the prefix %j', (prefix) => {
  expect(knownPrefixSchema.safeParse(prefix).success).toBe(false);
  expect(prefixSchema.safeParse(prefix).success).toBe(false);
});
