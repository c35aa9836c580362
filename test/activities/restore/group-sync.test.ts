import { open, stat } from 'node:fs/promises';
import { setImmediate as tick } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createGroupSync } from '../../../src/activities/restore/write/group-sync.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';

const disk = { fd: 3, device: 1n };

/** Syncs that end when they are told to. */
function heldSyncs() {
  const asked: number[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const run = ({ fd }: { readonly fd: number }) => {
    const end = Promise.withResolvers<void>();
    asked.push(fd);
    ends.push(end);
    return end.promise;
  };
  return { asked, ends, run };
}

/** Whether a promise has come to its end. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  await tick();
  return Promise.race([promise.then(() => true), tick(false)]);
}

test('all who ask while a sync is under way wait for the next one, which does for them all', async () => {
  const { asked, ends, run } = heldSyncs();
  const { sync } = createGroupSync(run);
  const first = sync(disk);
  const later = [sync(disk), sync({ fd: 4, device: 1n }), sync(disk)];
  expect(asked).toEqual([3]);
  ends[0]?.resolve();
  await first;
  expect(await isOver(Promise.race(later))).toBe(false);
  expect(asked).toEqual([3, 3]);
  const last = sync(disk);
  ends[1]?.resolve();
  await Promise.all(later);
  expect(await isOver(last)).toBe(false);
  ends[2]?.resolve();
  await last;
  expect(asked).toHaveLength(3);
});

test('two file systems are synced at the same time', () => {
  const { asked, run } = heldSyncs();
  const { sync } = createGroupSync(run);
  void sync(disk);
  void sync({ fd: 4, device: 2n });
  expect(asked).toEqual([3, 4]);
});

test('a sync that fails is told to those who waited for it, and the next ones are not affected', async () => {
  const { ends, run } = heldSyncs();
  const { sync } = createGroupSync(run);
  const first = sync(disk);
  const second = sync(disk);
  ends[0]?.reject(new Error('the disk is broken'));
  await expect(first).rejects.toThrow('the disk is broken');
  // What they wrote may be what the disk did not take.
  await expect(second).rejects.toThrow('the disk is broken');
  const third = sync(disk);
  ends[1]?.resolve();
  await third;
});

test('a machine that cannot is found out once', async () => {
  let runs = 0;
  const { isUsable } = createGroupSync(() => {
    runs += 1;
    return Promise.reject(new Error('no such program'));
  });
  expect(await Promise.all([isUsable(disk), isUsable(disk)])).toEqual([false, false]);
  expect(runs).toBe(1);
});

test("this machine's program syncs the file system of a directory", async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { a: 1000 });
  const handle = await open(root);
  onTestFinished(() => handle.close());
  const { dev } = await stat(root, { bigint: true });
  const { sync, isUsable } = createGroupSync();
  await sync({ fd: handle.fd, device: dev });
  expect(await isUsable({ fd: handle.fd, device: dev })).toBe(true);
});
