import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFilesAtOnce, type FilesAtOnce } from '../../../src/activities/paged/files-at-once.ts';

const signal = new AbortController().signal;

/** A limit whose main thread is busy for the share that `busy` says, and whose time passes with each file that ends. */
function limitOf(thread: { busy: number }): FilesAtOnce {
  let time = 0;
  return createFilesAtOnce({ now: () => (time += 10), share: () => thread.busy });
}

/** Lets a thousand files wait, ends `count` of those that come on, one by one, and returns how many are under way then. */
async function play(limit: FilesAtOnce, count: number): Promise<number> {
  const giveUp = new AbortController();
  const underWay: (() => void)[] = [];
  let ended = 0;
  const files = Array.from({ length: count + 1000 }, () =>
    limit.begin(giveUp.signal).then(
      (end) => void underWay.push(end),
      () => undefined,
    ),
  );
  for (; ended < count; ended += 1) {
    await turn();
    underWay.shift()?.();
  }
  await turn();
  const most = underWay.length;
  giveUp.abort();
  await Promise.all(files);
  for (const end of underWay) end();
  return most;
}

test('a main thread that has to wait gets more files, up to 256', async () => {
  const limit = limitOf({ busy: 0.3 });
  expect(await play(limit, 1)).toBe(64);
  expect(await play(limit, 400)).toBe(256);
});

test('one that is always busy gets fewer, down to 16, and more again later', async () => {
  const thread = { busy: 1 };
  const limit = limitOf(thread);
  expect(await play(limit, 400)).toBe(16);
  thread.busy = 0.9;
  expect(await play(limit, 400)).toBe(16);
  thread.busy = 0.5;
  expect(await play(limit, 400)).toBe(256);
});

test('where there is not enough to do the limit stays', async () => {
  const limit = limitOf({ busy: 0.1 });
  for (let i = 0; i < 400; i += 1) (await limit.begin(signal))();
  expect(await play(limit, 0)).toBe(64);
});

test('ending twice frees one place', async () => {
  const limit = limitOf({ busy: 0.9 });
  const ends = await Promise.all(Array.from({ length: 64 }, () => limit.begin(signal)));
  let came = 0;
  for (let i = 0; i < 2; i += 1) void limit.begin(signal).then(() => (came += 1));
  ends[0]?.();
  ends[0]?.();
  await turn();
  expect(came).toBe(1);
});
