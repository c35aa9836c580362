import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRateLimit } from '../../../src/storage/pace/rate-limit.ts';
import { createManualClock } from './manual-clock.ts';

const never = new AbortController().signal;

/** Takes these amounts at once, and keeps when which of them was let through. */
function takeAll(bytesPerSecond: number, asked: readonly number[]) {
  const clock = createManualClock();
  const began = clock.now();
  const limit = createRateLimit(bytesPerSecond, clock);
  const through: { bytes: number; at: number }[] = [];
  const all = asked.map((bytes) =>
    limit.take(bytes, never).then(() => through.push({ bytes, at: clock.now() - began })),
  );
  return { clock, limit, through, all: Promise.all(all) };
}

test('each goes once all before it are paid for', async () => {
  const { clock, through, all } = takeAll(1000, [500, 250, 4000, 1]);
  while (await clock.next());
  await all;
  expect(through).toEqual([
    { bytes: 500, at: 0 },
    { bytes: 250, at: 500 },
    { bytes: 4000, at: 750 },
    { bytes: 1, at: 4750 },
  ]);
});

test('a second that nobody used is saved, and no more', async () => {
  const { clock, limit, through } = takeAll(1000, []);
  await clock.advance(60_000);
  const began = clock.now();
  for (let i = 0; i < 30; i += 1)
    void limit.take(100, never).then(() => through.push({ bytes: 100, at: clock.now() - began }));
  await clock.advance(0);
  // Ten are paid for by what was saved, and one may go into debt.
  expect(through).toHaveLength(11);
  await clock.advance(1000);
  expect(through).toHaveLength(21);
});

test('what does not wait is paid for by those that come after', async () => {
  const { clock, limit, through } = takeAll(1000, [100, 100]);
  limit.charge(5000);
  await clock.advance(5099);
  expect(through).toHaveLength(1);
  await clock.advance(1);
  expect(through).toHaveLength(2);
});

test('no window gets more than the limit, a second saved and one body, and all go in the order of asking', async () => {
  const ask = fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), after: fc.nat(4000) });
  const property = fc.asyncProperty(fc.integer({ min: 100, max: 3000 }), fc.array(ask), async (rate, asks) => {
    const { clock, limit } = takeAll(rate, []);
    const began = clock.now();
    const through: { index: number; bytes: number; at: number }[] = [];
    for (const [index, { bytes, after }] of asks.entries()) {
      await clock.advance(after);
      void limit.take(bytes, never).then(() => through.push({ index, bytes, at: clock.now() - began }));
    }
    while (await clock.next());
    expect(through.map(({ index }) => index)).toEqual(asks.map((_, index) => index));
    for (const [first, { at: from }] of through.entries()) {
      let sum = 0;
      for (const { bytes, at } of through.slice(first)) {
        // Up to here all was within the limit; the body that goes now may be in debt.
        const paid = first === 0 ? rate * (at / 1000) : rate * ((at - from) / 1000 + 1) + 5000;
        expect(sum).toBeLessThanOrEqual(paid + 1e-6);
        sum += bytes;
      }
    }
  });
  await fc.assert(property);
});

test('who gives up is charged nothing, and nothing is left ticking', async () => {
  const { clock, limit, through } = takeAll(1000, [2000]);
  const giveUp = new AbortController();
  const reason = new Error('cancelled');
  const large = limit.take(60_000, giveUp.signal);
  void limit.take(1000, never).then(() => through.push({ bytes: 1000, at: clock.now() }));
  giveUp.abort(reason);
  await expect(large).rejects.toBe(reason);
  await clock.advance(2000);
  expect(through.map(({ bytes }) => bytes)).toEqual([2000, 1000]);

  const last = new AbortController();
  const alone = limit.take(1, last.signal);
  expect(clock.timers).toBe(1);
  last.abort(reason);
  await expect(alone).rejects.toBe(reason);
  expect(clock.timers).toBe(0);
  await expect(limit.take(1, last.signal)).rejects.toBe(reason);
});

test('a debt of weeks is waited for, though no timer lasts as long', async () => {
  const { clock, through, all } = takeAll(1, [5_000_000, 1]);
  while (await clock.next());
  await all;
  expect(through.at(-1)?.at).toBe(5_000_000_000);
});
