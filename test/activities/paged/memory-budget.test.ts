import { setImmediate as tick } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryBudget } from '../../../src/activities/paged/memory-budget.ts';

const never = new AbortController().signal;

test('never more than the total is out, and all are served in the order of asking', async () => {
  const ask = fc.record({ bytes: fc.nat(30), turns: fc.nat(4) });
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.array(ask), async (total, asks) => {
    const budget = createMemoryBudget(total);
    const served: number[] = [];
    let out = 0;
    let most = 0;
    const one = async ({ bytes, turns }: { bytes: number; turns: number }, index: number) => {
      const release = await budget.take(bytes, never);
      served.push(index);
      out += Math.min(bytes, total);
      most = Math.max(most, out);
      for (let i = 0; i < turns; i += 1) await tick();
      out -= Math.min(bytes, total);
      release();
    };
    await Promise.all(asks.map(one));
    expect(served).toEqual(asks.map((_, i) => i));
    expect(most).toBeLessThanOrEqual(total);
  });
  await fc.assert(property);
});

/** Whether the budget grants this much at once. */
async function grants(budget: ReturnType<typeof createMemoryBudget>, bytes: number): Promise<boolean> {
  let granted = false;
  void budget.take(bytes, never).then(() => (granted = true));
  await tick();
  return granted;
}

test('giving back twice gives back once', async () => {
  const budget = createMemoryBudget(10);
  const release = await budget.take(5, never);
  await budget.take(5, never);
  release();
  release();
  expect(await grants(budget, 5)).toBe(true);
  expect(await grants(budget, 1)).toBe(false);
});

test('more than the whole is granted when all of it is free', async () => {
  const budget = createMemoryBudget(10);
  const release = await budget.take(1, never);
  const large = budget.take(1000, never);
  expect(await grants(budget, 1)).toBe(false);
  release();
  (await large)();
  expect(await grants(budget, 9)).toBe(true);
});

test('who gives up waiting gets nothing, and those behind go on', async () => {
  const budget = createMemoryBudget(10);
  const release = await budget.take(6, never);
  const giveUp = new AbortController();
  const large = budget.take(8, giveUp.signal);
  const small = budget.take(4, never);
  const reason = new Error('cancelled');
  giveUp.abort(reason);
  await expect(large).rejects.toBe(reason);
  (await small)();
  release();
  expect(await grants(budget, 10)).toBe(true);
});

test('who asks with a signal that has aborted gets nothing', async () => {
  const budget = createMemoryBudget(10);
  const reason = new Error('cancelled');
  await expect(budget.take(1, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await grants(budget, 10)).toBe(true);
});

test('what was granted stays granted when the signal aborts later', async () => {
  const budget = createMemoryBudget(10);
  const giveUp = new AbortController();
  const release = await budget.take(10, giveUp.signal);
  giveUp.abort();
  expect(await grants(budget, 1)).toBe(false);
  release();
});
