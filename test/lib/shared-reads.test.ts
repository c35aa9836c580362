import { expect, test } from 'vitest';
import { SharedReads } from '../../src/lib/shared-reads.ts';

/** Reads that end when they are told to; each gives its number. */
function controlledReads() {
  const begun: PromiseWithResolvers<number>[] = [];
  const read = () => {
    const one = Promise.withResolvers<number>();
    begun.push(one);
    return one.promise;
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { begun, read, settled };
}

test('those who ask while a read is under way share the next one, which begins after they asked', async () => {
  const { begun, read, settled } = controlledReads();
  const reads = new SharedReads<number>();
  const first = reads.get('a', read);
  const others = [reads.get('a', read), reads.get('a', read)];
  expect(begun).toHaveLength(1);
  begun[0]?.resolve(1);
  expect(await first).toBe(1);
  await settled();
  expect(begun).toHaveLength(2);
  const late = reads.get('a', read);
  begun[1]?.resolve(2);
  expect(await Promise.all(others)).toEqual([2, 2]);
  await settled();
  begun[2]?.resolve(3);
  expect(await late).toBe(3);
  expect(begun).toHaveLength(3);
});

test('who asks once a read has ended gets a new one', async () => {
  const { begun, read, settled } = controlledReads();
  const reads = new SharedReads<number>();
  const first = reads.get('a', read);
  begun[0]?.resolve(1);
  await first;
  await settled();
  const second = reads.get('a', read);
  begun[1]?.resolve(2);
  expect(await second).toBe(2);
});

test('what differs is read side by side', () => {
  const { begun, read } = controlledReads();
  const reads = new SharedReads<number>();
  void reads.get('a', read);
  void reads.get('b', read);
  expect(begun).toHaveLength(2);
});

test('a read that fails does so for those who share it, and not for those who wait for the next', async () => {
  const { begun, read, settled } = controlledReads();
  const reads = new SharedReads<number>();
  const first = reads.get('a', read);
  const second = reads.get('a', read);
  const third = reads.get('a', read);
  begun[0]?.reject(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  await settled();
  begun[1]?.reject(new Error('gone again'));
  const both = await Promise.allSettled([second, third]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await settled();
  const fourth = reads.get('a', read);
  begun[2]?.resolve(4);
  expect(await fourth).toBe(4);
});
