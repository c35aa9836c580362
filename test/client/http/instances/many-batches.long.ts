import { test } from 'vitest';
import { expectAllToEnd, startOrderApi } from '../order-rig.ts';

const items = Array.from({ length: 50 }, (_, i) => ({ sku: `S${i}`, quantity: 1 }));

test('400 batches of 50 items at once, each polled every second, all end', { timeout: 900_000 }, async () => {
  const { url } = await startOrderApi();
  // Where Temporal is too slow for an answer it is asked again, as clients do.
  await expectAllToEnd(url, 400, items, { pause: 1000, busy: [202, 503] });
});
