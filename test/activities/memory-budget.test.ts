import { setImmediate as tick } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryBudget } from '../../src/activities/memory-budget.ts';

test('never more than the total is out, and all are served in the order of asking', async () => {
  const ask = fc.record({ bytes: fc.nat(30), turns: fc.nat(4) });
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.array(ask), async (total, asks) => {
    const budget = createMemoryBudget(total);
    const served: number[] = [];
    let out = 0;
    let most = 0;
    const one = async ({ bytes, turns }: { bytes: number; turns: number }, index: number) => {
      const release = await budget.take(bytes);
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
  void budget.take(bytes).then(() => (granted = true));
  await tick();
  return granted;
}

test('giving back twice gives back once', async () => {
  const budget = createMemoryBudget(10);
  const release = await budget.take(5);
  await budget.take(5);
  release();
  release();
  expect(await grants(budget, 5)).toBe(true);
  expect(await grants(budget, 1)).toBe(false);
});

test('more than the whole is granted when all of it is free', async () => {
  const budget = createMemoryBudget(10);
  const release = await budget.take(1);
  const large = budget.take(1000);
  expect(await grants(budget, 1)).toBe(false);
  release();
  (await large)();
  expect(await grants(budget, 9)).toBe(true);
});
