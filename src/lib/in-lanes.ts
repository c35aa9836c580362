import { eachConcurrently } from './each-concurrently.ts';

const lanes = 16;

/** Calls `work` for every item, some at once, so that a long list does not crowd out other callers. Results in the items' order. */
export async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  await eachConcurrently(items, lanes, async (item, index) => {
    results[index] = await work(item);
  });
  return results;
}
