import { expect, test } from 'vitest';
import { createThreadChoice, type ThreadChoice } from '../../src/files/thread-choice.ts';

/** How many pieces of work go to the pool until the next one is for this thread, which takes so many milliseconds. */
async function countPooled({ isForThread, onDone }: ThreadChoice, took: number): Promise<number> {
  for (let pooled = 0; ; pooled += 1) {
    if (!(await isForThread())) continue;
    onDone(took);
    return pooled;
  }
}

test('quick work stays in this thread', async () => {
  const choice = createThreadChoice({ quick: 0.3, callsInOneTurn: 32 });
  for (let i = 0; i < 100; i += 1) expect(await countPooled(choice, 0.1)).toBe(0);
});

test('one slow piece among quick ones changes nothing', async () => {
  const choice = createThreadChoice({ quick: 0.3, callsInOneTurn: 32 });
  for (let i = 0; i < 100; i += 1) expect(await countPooled(choice, i % 2)).toBe(0);
});

test('after slow work the next goes to the pool, ever more while each further try is slow, and few again after a quick one', async () => {
  const choice = createThreadChoice({ quick: 0.3, callsInOneTurn: 32 });
  const pooled: number[] = [];
  for (let i = 0; i < 9; i += 1) pooled.push(await countPooled(choice, 1));
  expect(pooled).toEqual([0, 0, 16, 32, 64, 128, 256, 512, 512]);
  expect(await countPooled(choice, 0.1)).toBe(512);
  expect(await countPooled(choice, 1)).toBe(0);
  expect(await countPooled(choice, 1)).toBe(0);
  expect(await countPooled(choice, 1)).toBe(16);
});

test('timers and answers get their turn between pieces that are done in this thread', async () => {
  const choice = createThreadChoice({ quick: 0.3, callsInOneTurn: 32 });
  let turns = 0;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  for (let i = 0; i < 320; i += 1) await countPooled(choice, 0);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(9);
});
