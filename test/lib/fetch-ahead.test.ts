import { expect, test } from 'vitest';
import { fetchAhead } from '../../src/lib/fetch-ahead.ts';

const never = new AbortController().signal;
const numbers = [0, 1, 2, 3, 4, 5];

/** Fetches that end when told to. */
function heldFetches() {
  const held = new Map<number, PromiseWithResolvers<string>>();
  const signals: AbortSignal[] = [];
  const fetch = (item: number, signal: AbortSignal) => {
    const result = Promise.withResolvers<string>();
    held.set(item, result);
    signals.push(signal);
    signal.addEventListener('abort', () => result.reject(signal.reason));
    return result.promise;
  };
  return { held, signals, fetch };
}

test.each([0, 1, 2, 10])('results come in order with %i ahead, whichever comes first', async (ahead) => {
  const { held, fetch } = heldFetches();
  const reading = Array.fromAsync(fetchAhead(numbers, ahead, never, fetch));
  for (const _ of numbers) {
    await new Promise(setImmediate);
    for (const item of [...held.keys()].toReversed()) held.get(item)?.resolve(`${item}`);
  }
  expect(await reading).toEqual(numbers.map(String));
});

test('no more are fetched than one and those ahead', async () => {
  const { held, fetch } = heldFetches();
  const reading = fetchAhead(numbers, 2, never, fetch);
  const first = reading.next();
  expect([...held.keys()]).toEqual([0, 1, 2]);
  held.get(0)?.resolve('0');
  expect(await first).toEqual({ done: false, value: '0' });
  expect([...held.keys()]).toEqual([0, 1, 2]);
  const second = reading.next();
  await new Promise(setImmediate);
  expect([...held.keys()]).toEqual([0, 1, 2, 3]);
  held.get(1)?.resolve('1');
  await second;
  await reading.return(undefined);
});

test('a caller that wants no more stops the fetches under way', async () => {
  const { held, signals, fetch } = heldFetches();
  const reading = fetchAhead(numbers, 2, never, fetch);
  const first = reading.next();
  held.get(0)?.resolve('0');
  await first;
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
  await reading.return(undefined);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
});

test('an error is thrown in its turn, after the results before it', async () => {
  const { held, signals, fetch } = heldFetches();
  const reading = fetchAhead(numbers, 2, never, fetch);
  const first = reading.next();
  const error = new Error('no');
  held.get(1)?.reject(error);
  await new Promise(setImmediate);
  held.get(0)?.resolve('0');
  expect((await first).value).toBe('0');
  await expect(reading.next()).rejects.toBe(error);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  expect(await reading.next()).toEqual({ done: true, value: undefined });
});

test('the signal of the caller reaches the fetches', async () => {
  const { fetch } = heldFetches();
  const controller = new AbortController();
  const first = fetchAhead(numbers, 2, controller.signal, fetch).next();
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(first).rejects.toBe(reason);
});

test('nothing to fetch is nothing', async () => {
  expect(await Array.fromAsync(fetchAhead([], 2, never, () => Promise.resolve('x')))).toEqual([]);
});
