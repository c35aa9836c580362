import { expect, test } from 'vitest';
import { expectAllToEnd, postBatch, startOrderApi } from '../order-rig.ts';

const items = Array.from({ length: 20 }, (_, i) => ({ sku: `S${i}`, quantity: 1 }));

test.each([
  [2, 10],
  [10, 40],
])('with a cache of %i workflows, %i batches that are polled without pause all end', async (cache, count) => {
  const { url } = await startOrderApi({ maxCachedWorkflows: cache });
  await expectAllToEnd(url, count, items);
});

test('workflows that are suspended and resumed again and again beside their work all end, whatever the cache holds', async () => {
  const { jobs, url } = await startOrderApi({ maxCachedWorkflows: 5 });
  const starts = await Promise.all(Array.from({ length: 20 }, () => postBatch(url, items)));
  const ids = await Promise.all(starts.map(async (start) => ((await start.json()) as { id: string }).id));
  const disturb = async (id: string) => {
    for (let round = 0; round < 3; round += 1) {
      await jobs.suspend(id, 'wait');
      await jobs.resume(id, 'go on');
    }
  };
  await Promise.all(ids.flatMap((id) => [disturb(id), disturb(id)]));
  await Promise.all(ids.map((id) => jobs.resume(id, '')));
  const results = await Promise.all(ids.map((id) => jobs.result(id)));
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['Completed']));
});
