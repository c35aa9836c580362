import { expect, test } from 'vitest';
import { readFlags } from '../../bench/flags.ts';

test('flags are read into options', () => {
  const options = readFlags(['--files', '20', '--one-directory', '--limit', '2'], ['files', 'one-directory', 'limit']);
  expect(options).toMatchObject({ files: 20, oneDirectory: true, limit: 120_000, json: false });
  expect(options.rounds).toBeUndefined();
});

test.each([
  [['--files', '0'], '--files must be a whole number above 0'],
  [['--files', 'ten'], '--files must be a whole number above 0'],
  [['--rounds', '2'], "Unknown option '--rounds'. It takes --files N, --json."],
  [['more'], 'more'],
  [['--files'], 'argument missing'],
])('%j is refused with a sentence that says what is wrong', (args, message) => {
  expect(() => readFlags(args, ['files', 'json'])).toThrow(message);
});
