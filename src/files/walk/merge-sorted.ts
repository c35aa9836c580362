import { comparePaths } from '../../contracts/encoded-path.ts';

/** Where the merge stands in one of its sources. */
interface Head {
  readonly source: AsyncGenerator<readonly string[], void>;
  keys: readonly string[];
  next: number;
  /** The key that is next. */
  key: string;
}

// What a reader gets at a time.
const chunkLength = 256;

/** Merges sources of sorted keys, each of which never gives none at a time, into one of the same kind; equal keys become one. */
export async function* mergeSorted(
  sources: readonly AsyncGenerator<readonly string[], void>[],
): AsyncGenerator<readonly string[], void> {
  // The least is last, where it is taken and put back cheapest.
  const heads: Head[] = [];
  for (const source of sources) {
    const head = { source, keys: [], next: 0, key: '' };
    if (await advance(head)) putBack(heads, head);
  }
  let chunk: string[] = [];
  let last: string | undefined;
  for (let head = heads.pop(); head; head = heads.pop()) {
    if (head.key !== last) chunk.push(head.key);
    last = head.key;
    if (advanceInMemory(head) || (await advance(head))) putBack(heads, head);
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

// Apart from what may read, because it is done for every key.
function advanceInMemory(head: Head): boolean {
  const key = head.keys[head.next];
  if (key === undefined) return false;
  head.key = key;
  head.next += 1;
  return true;
}

async function advance(head: Head): Promise<boolean> {
  const { value } = await head.source.next();
  head.keys = value ?? [];
  head.next = 0;
  return advanceInMemory(head);
}

function putBack(heads: Head[], head: Head): void {
  let [from, to] = [0, heads.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (comparePaths(heads[middle]?.key ?? '', head.key) > 0) from = middle + 1;
    else to = middle;
  }
  heads.splice(from, 0, head);
}
