/**
 * Yields what `fetch` gives for each item, in the order of the items, while up to `ahead` more are being fetched. When one fails or
 * the caller wants no more, the fetches under way are told by their signal, and have ended once this has.
 */
export async function* fetchAhead<T, R>(
  items: Iterable<T>,
  ahead: number,
  signal: AbortSignal,
  fetch: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const fetchSignal = AbortSignal.any([signal, stop.signal]);
  const underWay: Promise<R>[] = [];
  try {
    for (const item of items) {
      const fetching = fetch(item, fetchSignal);
      // It may fail long before its turn comes.
      fetching.catch(() => {});
      underWay.push(fetching);
      const first = underWay.length > ahead ? underWay.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) yield await first;
  } finally {
    stop.abort();
    await Promise.allSettled(underWay);
  }
}
