import { expect, test } from 'vitest';
import { onPresses } from '../../../src/client/cli/invocation.ts';

function presses(...times: number[]): string[] {
  const told: string[] = [];
  let now = 0;
  const press = onPresses(
    () => told.push('first'),
    () => told.push('second'),
    () => now,
  );
  for (now of times) press();
  return told;
}

test('the first press is told at once', () => {
  expect(presses(7)).toEqual(['first']);
});

test('the same press delivered by terminal and npm counts once', () => {
  expect(presses(0, 5, 499)).toEqual(['first']);
});

test('a press after that is the second, and so is every further one', () => {
  expect(presses(0, 600, 1200)).toEqual(['first', 'second', 'second']);
});
