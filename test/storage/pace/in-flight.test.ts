import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createInFlightLimit, type Ending, type InFlightLimit } from '../../../src/storage/pace/in-flight.ts';

const never = new AbortController().signal;

/** As many requests as come in, until `count` are in flight or the next has to wait. Returns what ends each. */
async function fill(limit: InFlightLimit, count: number): Promise<((ending: Ending) => void)[]> {
  const leaves: ((ending: Ending) => void)[] = [];
  while (leaves.length < count) {
    const giveUp = new AbortController();
    const entering = limit.enter(giveUp.signal).catch(() => undefined);
    await turn();
    giveUp.abort();
    const leave = await entering;
    if (!leave) break;
    leaves.push(leave);
  }
  return leaves;
}

/** How many the limit lets in at most, up to `count`, when none is in flight. Tells it nothing. */
async function allowed(limit: InFlightLimit, count = 100): Promise<number> {
  const leaves = await fill(limit, count);
  for (const leave of leaves) leave('unknown');
  return leaves.length;
}

/** One round: as many as are let in, all of them answered. */
async function round(limit: InFlightLimit, count: number, ending: Ending = 'answered'): Promise<number> {
  const leaves = await fill(limit, count);
  for (const leave of leaves) leave(ending);
  return leaves.length;
}

test('there is no limit until the service is busy', async () => {
  const limit = createInFlightLimit();
  expect(await round(limit, 100)).toBe(100);
  expect(limit.answered).toBe(100);
  expect(await allowed(limit)).toBe(100);
});

test('a round of busy answers halves the number once, and the next one again', async () => {
  const limit = createInFlightLimit();
  await round(limit, 32, 'busy');
  expect(await allowed(limit)).toBe(16);
  await round(limit, 32, 'busy');
  expect(await allowed(limit)).toBe(8);
  for (let i = 0; i < 10; i += 1) await round(limit, 32, 'busy');
  expect(await allowed(limit)).toBe(1);
});

test('late news of the load before the last decrease decrease nothing', async () => {
  const limit = createInFlightLimit();
  const [first, ...others] = await fill(limit, 10);
  first?.('busy');
  for (const leave of others.slice(1)) leave('unknown');
  expect(await allowed(limit)).toBe(4);
  others[0]?.('busy');
  expect(await allowed(limit)).toBe(5);
});

test('each full round of answers allows one more, until there are as many as before and the limit is gone', async () => {
  const limit = createInFlightLimit();
  await round(limit, 16, 'busy');
  const rounds: number[] = [];
  for (let let_in = 0; let_in < 40; rounds.push(let_in)) let_in = await round(limit, 40);
  expect(rounds.slice(0, 3)).toEqual([8, 8, 9]);
  expect(rounds.at(-2)).toBeLessThanOrEqual(16);
  expect(rounds.at(-1)).toBe(40);
  for (const [i, count] of rounds.slice(1, -1).entries()) expect(count - (rounds[i] ?? 0)).toBeLessThanOrEqual(1);
});

test('those who wait are let in by the order of asking, and one who gives up leaves no gap', async () => {
  const limit = createInFlightLimit();
  await round(limit, 2, 'busy');
  const leave = await limit.enter(never);
  const order: string[] = [];
  const giveUp = new AbortController();
  const enter = async (name: string, signal = never) => {
    const leaveAgain = await limit.enter(signal);
    order.push(name);
    leaveAgain('unknown');
  };
  const reason = new Error('cancelled');
  const gone = enter('gone', giveUp.signal);
  const others = Promise.all([enter('a'), enter('b'), enter('c')]);
  giveUp.abort(reason);
  await expect(gone).rejects.toBe(reason);
  leave('unknown');
  await others;
  expect(order).toEqual(['a', 'b', 'c']);
  await expect(limit.enter(giveUp.signal)).rejects.toBe(reason);
  expect(await allowed(limit)).toBe(1);
});
