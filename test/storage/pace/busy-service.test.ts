import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isBlobStoreError, type BlobStore } from '../../../src/storage/blob-store.ts';
import type { BlobProxy } from '../../support/blob-proxy.ts';
import { block, openRig, rejection, signal } from '../rig.ts';

const callers = 24;

/** Writes blobs and blocks in turn, many at once, each again until it is done, as activities are. Returns how many. */
async function writeAll(store: BlobStore, count: number): Promise<number> {
  let next = 0;
  const one = async (number: number) => {
    const body = Buffer.from(`content of ${number}`);
    return number % 4 === 0
      ? store.stageBlock('staged', block(String(number).padStart(6, '0')), body, signal)
      : store.put(`b/${number}`, body, { signal });
  };
  const caller = async () => {
    while (next < count) {
      const number = next++;
      while (isBlobStoreError(await rejection(one(number)), 'unavailable'));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const blobs = await Array.fromAsync(store.list('b/', signal));
  return blobs.length + (await store.stagedBlocks('staged', signal)).size;
}

/** A service some way off, so that requests overlap; refuses those that the rule names, by their number. */
function slowService(proxy: BlobProxy, isRefused: (number: number) => boolean): { refused: () => number } {
  let seen = 0;
  let refused = 0;
  const answers = [{ status: 503 }, { status: 429 }, { status: 500, code: 'OperationTimedOut' }];
  proxy.rule(async ({ method }) => {
    if (method !== 'PUT') return undefined;
    const number = seen++;
    await sleep(10);
    return isRefused(number) ? answers[refused++ % answers.length] : undefined;
  });
  return { refused: () => refused };
}

const mostInFlight = (requests: BlobProxy['requests']) => Math.max(...requests.map(({ inFlight }) => inFlight));

test('a service that is busy one time in five gets fewer requests at once, and everything in the end', async () => {
  const { store, proxy } = await openRig();
  const { refused } = slowService(proxy, (number) => number >= 100 && number % 5 === 4);
  expect(await writeAll(store, 500)).toBe(500);
  const puts = proxy.requests.filter(({ method }) => method === 'PUT');
  expect(refused()).toBeGreaterThan(80);
  expect(puts.length).toBeLessThan(500 * 1.35);
  expect(mostInFlight(puts.slice(0, 100))).toBeGreaterThan(callers / 2);
  expect(mostInFlight(puts.slice(200))).toBeLessThan(callers / 3);
});

test('after a time of refusing everything the service gets as many at once as before', async () => {
  const { store, proxy } = await openRig();
  slowService(proxy, (number) => number >= 100 && number < 250);
  expect(await writeAll(store, 1000)).toBe(1000);
  const puts = proxy.requests.filter(({ method }) => method === 'PUT');
  // Now and then a connection breaks by itself.
  expect(puts.length).toBeGreaterThanOrEqual(1150);
  expect(puts.length).toBeLessThan(1160);
  expect(mostInFlight(puts.slice(200, 250))).toBeLessThan(4);
  expect(mostInFlight(puts.slice(800))).toBeGreaterThan(callers * 0.75);
});

test('a request that nobody answers but by being busy is given up after three tries', async () => {
  const { store, proxy } = await openRig();
  proxy.rule(() => ({ status: 429, code: 'TooManyRequests' }));
  for (const call of [
    () => store.put('x', Buffer.from('x'), { signal }),
    () => store.stageBlock('x', block('1'), Buffer.from('x'), signal),
    () => store.properties('x', signal),
  ]) {
    const from = proxy.requests.length;
    const error = await rejection(call());
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/answered 429 TooManyRequests$/u),
    });
    expect(proxy.requests.length - from).toBe(3);
  }
});

test.each([
  ['a block', (store: BlobStore, name: string) => store.stageBlock(name, block('1'), Buffer.from(name), signal)],
  ['a blob', (store: BlobStore, name: string) => store.put(name, Buffer.from(name), { signal })],
] as const)('the service says how long %s has to wait, and others go on meanwhile', async (_, write) => {
  const { store, proxy } = await openRig();
  const refusedOnce = new Set<string>();
  proxy.rule(({ path, method }) => {
    if (method !== 'PUT' || refusedOnce.has(path)) return undefined;
    refusedOnce.add(path);
    return { status: 503, ...(path.endsWith('/patient') && { retryAfter: 2 }) };
  });
  await Promise.all(['patient', 'a', 'b', 'c'].map((name) => write(store, name)));
  const order = proxy.requests.map(({ path }) => path.split('/').at(-1));
  expect(order.at(-1)).toBe('patient');
  expect(order).toHaveLength(8);
});
