/**
 * Calls `work` for each item with at most `limit` calls at once, items taken in order and only when a call is free. After the first
 * error nothing further is taken; it is thrown once the calls under way have ended, so that nothing goes on in the background.
 */
export async function eachConcurrently<T>(
  source: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  // An async generator queues its `next` calls, so lanes that share one take turns.
  const items = numbered(source);
  let failure: { readonly error: unknown } | undefined;
  const lane = async () => {
    for (;;) {
      if (failure) return;
      const { value, done } = await items.next();
      if (done === true) return;
      await work(value.item, value.index);
    }
  };
  const guarded = () => lane().catch((error: unknown) => void (failure ??= { error }));
  await Promise.all(Array.from({ length: limit }, guarded));
  // Lets the source release what it holds.
  await items.return(undefined);
  // oxlint-disable-next-line typescript/only-throw-error -- it is whatever `work` or the source threw
  if (failure) throw failure.error;
}

async function* numbered<T>(
  source: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<{ item: T; index: number }, undefined> {
  let index = 0;
  for await (const item of source) yield { item, index: index++ };
  return undefined;
}
