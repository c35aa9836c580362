import { expect, test } from 'vitest';
import { parseInput } from '../../src/contracts/input.ts';
import { pruneInputSchema } from '../../src/contracts/prune.ts';
import { allOptions, defaultJobOptions } from '../../src/contracts/job.ts';

function checkOptions(options?: object) {
  return allOptions(parseInput(pruneInputSchema, options === undefined ? {} : { options }).options);
}

test('what is not given is the default', () => {
  expect(checkOptions()).toEqual(defaultJobOptions);
  expect(checkOptions({ window: 3 })).toEqual({ ...defaultJobOptions, window: 3 });
});

test('the defaults are within their own bounds', () => {
  expect(checkOptions(defaultJobOptions)).toEqual(defaultJobOptions);
});

test.each([
  { window: 0 },
  { window: 1001 },
  { pageEntries: 1.5 },
  { heartbeatTimeout: 999 },
  { packBytes: -1 },
  { copyAttempts: Number.NaN },
  { pageCopies: '7' as unknown as number },
])('refuses %j, naming the option', (options) => {
  expect(() => checkOptions(options)).toThrow(`options.${Object.keys(options)[0]}: must be a whole number`);
});

test('names every wrong option at once, unknown ones too', () => {
  const options = { window: 0, windw: 4 } as object;
  expect(() => checkOptions(options)).toThrow(/options\.window: .*; options: .*windw/u);
});
