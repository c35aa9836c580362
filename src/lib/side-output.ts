// What waits at most to be taken of the side output.
const mostAside = 1000;

/** Where values come from, and what is to be done when there are no more, if anything. */
interface Source<V> {
  readonly entries: AsyncIterable<V>;
  readonly end?: () => void;
}

/**
 * Values, and among them the side output of their source, what it tells while it looks for the next one, each in its turn. A source that
 * tells much more than it gives waits until that has been taken.
 */
export async function* withSideOutput<A, V>(
  open: (aside: (told: A) => void | Promise<void>) => Promise<Source<V>>,
): AsyncGenerator<A | V, void> {
  let told: A[] = [];
  let full = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  const { entries, end } = await open((one) => {
    told.push(one);
    if (told.length < mostAside) return undefined;
    full.resolve();
    return taken.promise;
  });
  const iterator = entries[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ;) {
      const settled = await Promise.race([next, full.promise]);
      const [before, go] = [told, taken];
      [told, full, taken] = [[], Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      yield* before;
      go.resolve();
      if (settled === undefined) continue;
      if (settled.done === true) break;
      yield settled.value;
      next = iterator.next();
    }
    end?.();
  } finally {
    // What waits is let go, so that it can end.
    taken.resolve();
    await iterator.return?.();
  }
}
