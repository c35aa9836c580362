import type { Page, Run } from '../shared/contract.ts';
import type { PageEntry } from '../shared/manifest.ts';
import { confine } from '../shared/confine.ts';
import { createPacker } from './packer.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { isFile, writePage } from './page.ts';
import { walk } from './walk.ts';

/** Lists the next page of the tree into a blob and plans its copies. */
export function createListFiles({ store, roots }: ActivityDependencies) {
  return (run: Run, number: number, cursor?: string): Promise<Page> =>
    withFailureTypes(() => {
      let listed = 0;
      return withHeartbeat(
        async (signal) => {
          const realRoot = await confine(run.root, roots);
          const { entries, last } = await takePage(walk(realRoot, cursor), run, signal, () => (listed += 1));
          return writePage(store, run, { number, entries, last }, signal);
        },
        () => ({ listed }),
      );
    });
}

async function takePage(entries: AsyncIterable<PageEntry>, run: Run, signal: AbortSignal, onEntry: () => void) {
  const page: PageEntry[] = [];
  const packer = createPacker(run.options);
  for await (const entry of entries) {
    signal.throwIfAborted();
    // Only when one more entry is there is a next page worth asking for.
    if (page.length > 0 && (page.length >= run.options.pageEntries || packer.count() >= run.options.pageCopies)) {
      return { entries: page, last: false };
    }
    page.push(entry);
    if (isFile(entry)) packer.add(entry.size);
    onEntry();
  }
  return { entries: page, last: true };
}
