import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRateLimit } from '../../../src/storage/pace/rate-limit.ts';
import { content } from '../../support/tree.ts';
import { block, openRig, rejection, signal } from '../rig.ts';
import { createManualClock } from './manual-clock.ts';

const rate = 100_000;

async function openLimited() {
  const clock = createManualClock();
  const rig = await openRig({ uploads: createRateLimit(rate, clock) });
  const bodies = () => rig.proxy.requests.filter(({ bytes }) => bytes > 0);
  const arrived = async (count: number) => {
    while (bodies().length < count) await sleep(5);
  };
  return { ...rig, clock, began: clock.now(), bodies, arrived };
}

test('blobs and blocks share the limit: at no moment more has gone out than the time since the start pays for, and one body', async () => {
  const { store, clock, began, bodies, arrived } = await openLimited();
  const sizes = [70_000, 250_000, 10, 1000, 120_000, 30_000, 5];
  const writes = sizes.map((size, i) =>
    i % 2 === 0
      ? store.put(`b/${i}`, content(size), { signal })
      : store.stageBlock('staged', block(String(i)), content(size), signal),
  );
  let before = 0;
  for (let count = 1; count <= sizes.length; count += 1) {
    await arrived(count);
    expect(bodies()).toHaveLength(count);
    const seconds = (clock.now() - began) / 1000;
    expect(before).toBeLessThanOrEqual(rate * seconds);
    // Nor is there time wasted: a timer is at most a millisecond late.
    expect(before).toBeGreaterThan(rate * (seconds - count / 1000) - 1);
    before += sizes[count - 1] ?? 0;
    await clock.next();
  }
  await Promise.all(writes);
  expect(bodies().map(({ bytes }) => bytes)).toEqual(sizes);
});

test('what has no body to send does not wait, nor what a job writes of itself, which is paid for later', async () => {
  const { store, direct, clock, bodies, arrived } = await openLimited();
  await direct.put('there', content(10), { signal });
  await store.put('first', content(1000), { signal });
  const waiting = store.put('second', content(1000), { signal });
  await store.put('.durable-backup/page', content(500_000), { signal });
  expect(await store.read('there', { from: 0 }, signal)).toEqual(content(10));
  expect(await store.properties('second', signal)).toBeUndefined();
  await clock.advance(5009);
  expect(bodies()).toHaveLength(2);
  await clock.advance(1);
  await arrived(3);
  await waiting;
});

test('each try of a request that a busy service refuses is paid for', async () => {
  const { store, proxy, clock, bodies, arrived } = await openLimited();
  let left = 1;
  proxy.rule(() => (left-- > 0 ? { status: 503 } : undefined));
  const write = store.stageBlock('staged', block('1'), content(200_000), signal);
  await arrived(1);
  while (clock.timers === 0) await sleep(5);
  await clock.advance(1999);
  expect(bodies()).toHaveLength(1);
  await clock.advance(1);
  await arrived(2);
  await write;
});

test('a write that is cancelled while it waits is never sent', async () => {
  const { store, clock, bodies } = await openLimited();
  await store.put('first', content(50_000), { signal });
  const cancel = new AbortController();
  const reason = new Error('cancelled');
  const second = store.put('second', content(50_000), { signal: cancel.signal });
  const third = store.put('third', content(1), { signal });
  cancel.abort(reason);
  expect(await rejection(second)).toBe(reason);
  await clock.advance(500);
  await third;
  expect(bodies().map(({ path }) => path.split('/').at(-1))).toEqual(['first', 'third']);
});
