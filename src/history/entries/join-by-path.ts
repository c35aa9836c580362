import { comparePaths } from '../../contracts/encoded-path.ts';
import { entryKey, type ManifestEntry } from '../../contracts/manifest.ts';

type Entry = Pick<ManifestEntry, 'path' | 'kind'>;

/**
 * What each source has at a path, for every path that one of them has: undefined where it has nothing. Each source is in the order of
 * {@link entryKey}. One entry of each is in memory, and a few where names go on from other names.
 */
export async function* joinByPath<E extends Entry>(
  sources: readonly AsyncIterable<E>[],
): AsyncGenerator<(E | undefined)[]> {
  const readers = sources.map((source) => alongPaths(source));
  try {
    let heads = await Promise.all(readers.map((reader) => reader.next()));
    for (;;) {
      const path = leastPath(heads);
      if (path === undefined) return;
      const isNext = ({ done, value }: IteratorResult<E, void>) => done !== true && value?.path === path;
      yield heads.map((head) => (isNext(head) ? (head.value as E) : undefined));
      heads = await Promise.all(heads.map(async (head, at) => (isNext(head) && (await readers[at]?.next())) || head));
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return()));
  }
}

function leastPath(heads: readonly IteratorResult<Entry, void>[]): string | undefined {
  let least: string | undefined;
  for (const { done, value } of heads) {
    if (done === true || value === undefined) continue;
    if (least === undefined || comparePaths(placeOf(value), `${least}/`) < 0) least = value.path;
  }
  return least;
}

/**
 * Entries ordered as if every name ended in `/`. Then what is a file in one run and a directory in another has the same place in both,
 * which {@link entryKey} does not give it: `a-b` comes after the file `a` and before the directory.
 */
async function* alongPaths<E extends Entry>(entries: AsyncIterable<E>): AsyncGenerator<E, void> {
  // Each one's name goes on from that of the one before it, so the last is the first whose place comes.
  const waiting: E[] = [];
  for await (const entry of entries) {
    const key = entryKey(entry);
    for (let last = waiting.at(-1); last && comparePaths(placeOf(last), key) <= 0; last = waiting.at(-1)) {
      waiting.pop();
      yield last;
    }
    if (entry.kind === 'directory') yield entry;
    else waiting.push(entry);
  }
  yield* waiting.toReversed();
}

function placeOf({ path }: Entry): string {
  return `${path}/`;
}
