import { eachConcurrently } from './each-concurrently.ts';

const lanes = 16;

/** Calls `work` for every item, some at once, so that a long list does not crowd out other callers. Results in the items' order. */
export function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  return eachConcurrently(items, lanes, work);
}
