// Enough to keep the thread pool busy; more only holds memory.
const atOnce = 64;

/** The results of `work` in the order of the items, several of which are worked on at once. */
export async function* inBatches<T, R>(source: AsyncIterable<T>, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < atOnce) continue;
    yield* await Promise.all(batch.map(work));
    batch = [];
  }
  yield* await Promise.all(batch.map(work));
}
