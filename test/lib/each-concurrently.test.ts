import { setImmediate as tick } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachConcurrently } from '../../src/lib/each-concurrently.ts';

async function* source(length: number, log: string[]): AsyncGenerator<number> {
  try {
    for (let i = 0; i < length; i += 1) {
      log.push(`take ${i}`);
      yield i;
    }
  } finally {
    log.push('released');
  }
}

test('each item is worked on once, in order of taking, with no more at once than the limit', async () => {
  const property = fc.asyncProperty(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 6 }), async (ticks, limit) => {
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const results = await eachConcurrently(ticks, limit, async (turns, index) => {
      started.push(index);
      running += 1;
      most = Math.max(most, running);
      for (let i = 0; i < turns; i += 1) await tick();
      running -= 1;
      return turns;
    });
    expect(results).toEqual(ticks);
    expect(started).toEqual(ticks.map((_, i) => i));
    expect(running).toBe(0);
    expect(most).toBeLessThanOrEqual(limit);
  });
  await fc.assert(property);
});

test('an item is taken only when a call is free', async () => {
  const log: string[] = [];
  await eachConcurrently(source(4, log), 1, async (item) => {
    await tick();
    log.push(`done ${item}`);
  });
  expect(log).toEqual([0, 1, 2, 3].flatMap((i) => [`take ${i}`, `done ${i}`]).concat('released'));
});

test('the first error stops the taking, is thrown when all calls have ended, and releases the source', async () => {
  const log: string[] = [];
  const work = eachConcurrently(source(100, log), 2, async (item) => {
    if (item === 1) throw new Error('first');
    for (let i = 0; i < 5; i += 1) await tick();
    log.push(`done ${item}`);
    if (item === 0) throw new Error('second');
  });
  await expect(work).rejects.toThrow('first');
  expect(log).toEqual(['take 0', 'take 1', 'released', 'done 0']);
});

test('an error of the source is thrown when the calls under way have ended', async () => {
  const log: string[] = [];
  async function* failing() {
    yield 0;
    await tick();
    throw new Error('source');
  }
  const work = eachConcurrently(failing(), 3, async () => {
    for (let i = 0; i < 5; i += 1) await tick();
    log.push('done');
  });
  await expect(work).rejects.toThrow('source');
  expect(log).toEqual(['done']);
});

test('nothing to do is done', async () => {
  await expect(eachConcurrently([], 3, () => Promise.reject(new Error('never')))).resolves.toEqual([]);
});
