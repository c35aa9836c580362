import { expect, test } from 'vitest';
import { ExpectedError } from '../../../src/contracts/failures.ts';
import { askWithin, type AskJobs } from '../../../src/client/sources/source-status.ts';

type Asked = Parameters<Parameters<AskJobs>[0]>[0];

const jobs = {} as Asked;
const never = new Promise<never>(() => undefined);
const away = new ExpectedError('TemporalUnavailable', 'away');

/** How `asking` is answered, each after the one before, and what is told of Temporal. */
async function answersOf(opened: Promise<Asked>, asking: readonly (() => Promise<string>)[]) {
  const told: string[] = [];
  const ask = askWithin(opened, 20, ({ message }) => told.push(message));
  const answers: (string | undefined)[] = [];
  for (const one of asking) answers.push(await ask(one));
  return { answers, told };
}

test('what is asked in time is answered', async () => {
  const asking = [() => Promise.resolve('a'), () => Promise.resolve('b')];
  expect(await answersOf(Promise.resolve(jobs), asking)).toEqual({ answers: ['a', 'b'], told: [] });
});

test.each([
  ['cannot be reached', () => Promise.reject(away), () => Promise.resolve('a'), 'away'],
  ['is never reached', () => never, () => Promise.resolve('a'), 'Temporal does not answer within 0.02 s'],
  ['goes away', () => Promise.resolve(jobs), () => Promise.reject(away), 'away'],
  ['never answers', () => Promise.resolve(jobs), () => never, 'Temporal does not answer within 0.02 s'],
] as const)('of a Temporal that %s it is told once, and it is asked no more', async (_, open, first, told) => {
  let asked = 0;
  const second = () => {
    asked += 1;
    return Promise.resolve('b');
  };
  expect(await answersOf(open(), [first, second])).toEqual({ answers: [undefined, undefined], told: [told] });
  expect(asked).toBe(0);
});

test('what else goes wrong is thrown', async () => {
  const wrong = new ExpectedError('InvalidConfiguration', 'no namespace');
  await expect(answersOf(Promise.resolve(jobs), [() => Promise.reject(wrong)])).rejects.toBe(wrong);
});
