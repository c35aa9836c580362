export interface FanOutOptions {
  /** Calls under way at once, at least 1. */
  readonly limit: number;
  /** Awaited before each start: while it is pending nothing new starts, and what runs goes on. */
  readonly gate?: () => Promise<void>;
  /** Tells an error after which starting more is pointless, such as a cancellation; `fanOut` then throws it. */
  readonly stopOn?: (error: unknown) => boolean;
}

/**
 * Runs `run` for every item, side by side in a rolling window: as soon as one ends the next starts, so a slow item never leaves the
 * others waiting for its batch. Resolves once all have ended, with one result per item in the order of the items. A failure is a
 * result like any other and does not hold up the rest.
 *
 * Deterministic: starts depend only on the order in which runs end, which a workflow's history fixes.
 */
export async function fanOut<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
  { limit, gate = () => Promise.resolve(), stopOn = () => false }: FanOutOptions,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  let next = 0;
  let stop: { readonly reason: unknown } | undefined;

  const lane = async () => {
    while (next < items.length && !stop) {
      const index = next++;
      try {
        await gate();
        results[index] = { status: 'fulfilled', value: await run(items[index] as T, index) };
      } catch (reason) {
        results[index] = { status: 'rejected', reason };
        if (stopOn(reason)) stop ??= { reason };
      }
    }
  };

  await Promise.all(Array.from({ length: Math.min(Math.max(1, limit), items.length) }, lane));
  // oxlint-disable-next-line typescript/only-throw-error -- it is whatever `run` threw
  if (stop) throw stop.reason;
  return results;
}
