import type { JobOptions } from '../../contracts/job.ts';
import type { PageRow } from './kind.ts';

/**
 * Deals files out to copies, in order: small ones share a pack up to its limits, one larger than a pack has a copy to itself.
 * `add` returns the number of the file's copy, counted from 0.
 */
export function createPacker(limits: Pick<JobOptions, 'packFiles' | 'packBytes'>) {
  let next = 0;
  let pack: { number: number; files: number; bytes: number } | undefined;

  return {
    count: () => next,
    add(size: number): number {
      if (size > limits.packBytes) return next++;
      if (!pack || pack.files >= limits.packFiles || pack.bytes + size > limits.packBytes) {
        pack = { number: next++, files: 0, bytes: 0 };
      }
      pack.files += 1;
      pack.bytes += size;
      return pack.number;
    },
  };
}

/** How full a page is as entries come to it; `size` is that of what a copy has to take along. */
export function createPageFill(options: JobOptions) {
  const packer = createPacker(options);
  let entries = 0;
  return {
    // Only when one more entry is there is a next page worth asking for.
    isFull: () => entries > 0 && (entries >= options.pageEntries || packer.count() >= options.pageCopies),
    add(size: number | undefined): void {
      entries += 1;
      if (size !== undefined) packer.add(size);
    },
  };
}

/** What tells a page's end, and what is told meanwhile. */
export interface PageLimits<E> {
  readonly options: JobOptions;
  readonly needsCopy: (entry: E) => boolean;
  readonly signal: AbortSignal;
  readonly onEntry?: () => void;
}

/** Takes entries until a page is full. `last` says that there were no more. */
export async function takePage<E extends PageRow>(
  source: AsyncIterable<E>,
  { options, needsCopy, signal, onEntry }: PageLimits<E>,
): Promise<{ entries: E[]; last: boolean }> {
  const entries: E[] = [];
  const fill = createPageFill(options);
  for await (const entry of source) {
    signal.throwIfAborted();
    if (fill.isFull()) return { entries, last: false };
    entries.push(entry);
    fill.add(needsCopy(entry) ? entry.size : undefined);
    onEntry?.();
  }
  return { entries, last: true };
}
