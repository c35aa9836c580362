import { expect, test } from 'vitest';
import { restartPause } from '../../../src/client/cli/serve/restart-pause.ts';

test('what ends again and again is started after longer and longer, to half a minute', () => {
  const pauses = [restartPause(undefined, 10)];
  while (pauses.length < 8) pauses.push(restartPause(pauses.at(-1), 59_999));
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('what lived for a minute is started as if for the first time', () => {
  expect(restartPause(30_000, 60_000)).toBe(1000);
});
