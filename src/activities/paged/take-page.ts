import type { JobOptions } from '../../contracts/contract.ts';
import { createPacker } from './packer.ts';
import type { PageRow } from './page.ts';

/** What tells a page's end, and what is told meanwhile. */
export interface PageLimits<R> {
  readonly options: JobOptions;
  readonly needsCopy: (entry: R) => boolean;
  readonly signal: AbortSignal;
  readonly onEntry?: () => void;
}

/** Takes entries until a page is full. `last` says that there were no more. */
export async function takePage<R extends PageRow>(
  source: AsyncIterable<R>,
  { options, needsCopy, signal, onEntry }: PageLimits<R>,
): Promise<{ entries: R[]; last: boolean }> {
  const entries: R[] = [];
  const packer = createPacker(options);
  for await (const entry of source) {
    signal.throwIfAborted();
    // Only when one more entry is there is a next page worth asking for.
    if (entries.length > 0 && (entries.length >= options.pageEntries || packer.count() >= options.pageCopies)) {
      return { entries, last: false };
    }
    entries.push(entry);
    if (needsCopy(entry)) packer.add(entry.size);
    onEntry?.();
  }
  return { entries, last: true };
}
