import pMap from 'p-map';

/**
 * Calls `work` for each item with at most `limit` calls at once, items taken in order and only when a call is free; returns what the
 * calls gave, in the order of the items. After the first error nothing further is taken; it is thrown once the calls under way have
 * ended, so that nothing goes on in the background.
 */
export async function eachConcurrently<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  let failure: { readonly error: unknown } | undefined;
  // p-map itself throws at once, while other calls are under way.
  const keep = (error: unknown) => void (failure ??= { error });
  async function* untilFailure(): AsyncGenerator<T, void> {
    try {
      for await (const item of source) {
        yield item;
        if (failure) return;
      }
    } catch (error) {
      keep(error);
    }
  }
  const results = await pMap(untilFailure(), (item, index) => work(item, index).catch(keep), { concurrency: limit });
  // oxlint-disable-next-line typescript/only-throw-error -- it is whatever `work` or the source threw
  if (failure) throw failure.error;
  return results as R[];
}
