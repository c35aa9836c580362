import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions, daysOf, type Action } from './actions.ts';
import { Life, noCount, type Count } from './life.ts';
import { connect } from '../support/workflow-harness.ts';
import { temporaryDirectory } from '../support/tree.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

// SOAK: minutes to go on for, with new lives; SEED and LIVES: those of an earlier run, to see it again; DAYS: how long long lives are.
const soak = Number(process.env['SOAK'] ?? 0) * 60_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const lives = Number(process.env['LIVES'] ?? 1);
const days = Number(process.env['DAYS'] ?? 30);

/** Milliseconds for which a life that went wrong is made shorter, to be told before the test's time is up. */
const shrinking = 240_000;

const timeout = 900_000 + 2 * soak;

/** Goes through lives of a kind, each checked as it goes and at its end. */
async function liveThrough(kind: fc.Arbitrary<Action[]>): Promise<Count> {
  const again = `SEED=${seed} LIVES=${lives} DAYS=${days} npm run test:long -- test/model`;
  console.info(`to see the same again: ${again}`);
  const total: Count = { ...noCount };
  let firstFailure: number | undefined;
  const live = async (life: readonly Action[]) => {
    fc.pre(firstFailure === undefined || performance.now() < firstFailure + shrinking);
    const base = await temporaryDirectory(() => undefined);
    const one = await Life.begin(client, base);
    try {
      for (const action of life) await one.live(action);
      await one.restoreAll();
    } catch (error) {
      firstFailure ??= performance.now();
      throw error;
    } finally {
      await one.end();
      await rm(base, { recursive: true, force: true });
    }
    for (const name of Object.keys(total) as (keyof Count)[]) total[name] += one.count[name];
  };
  const until = performance.now() + soak;
  for (let round = 0; round === 0 || performance.now() < until; round += 1) {
    await fc.assert(fc.asyncProperty(kind, live), { seed: seed + round, numRuns: lives, endOnFailure: soak > 0 });
    console.info(`${JSON.stringify(total)}, mismatches 0, leftovers 0, with the seeds from ${seed} to ${seed + round}`);
  }
  return total;
}

test('whatever happens to a tree, its runs are restored as it was', { timeout }, async () => {
  expect((await liveThrough(actions)).restores).toBeGreaterThan(0);
});

test('however long a tree lives, each prune leaves what the kept runs need and nothing else', { timeout }, async () => {
  expect((await liveThrough(daysOf(days))).prunes).toBeGreaterThanOrEqual(days);
});
