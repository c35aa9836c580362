import type { BackupOptions, Page, Run } from '../shared/contract.ts';
import { runLayout } from '../storage/run-layout.ts';
import { compareWithBase, needsCopy } from './compare-with-base.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { findRoot } from './find-root.ts';
import { withHeartbeat } from './heartbeat.ts';
import { writePage } from './page.ts';
import { writeSettledPage } from './settled-page.ts';
import { takePage } from './take-page.ts';
import { walk } from './walk.ts';
import { readDirectoryNames } from './walk/directory-names.ts';
import { createKeptNames } from './walk/kept-names.ts';

// Nothing is copied before the first page is listed, so that one is short.
const firstPageEntries = 1000;

/** Lists the next page of the tree into a blob and plans its copies: those of the files that are not as the base run found them. */
export function createListFiles({ store, roots, namesInMemory }: ActivityDependencies) {
  const kept = createKeptNames(readDirectoryNames);
  return (run: Run, number: number, cursor?: string): Promise<Page> =>
    withFailureTypes(() => {
      let listed = 0;
      return withHeartbeat(
        async (signal) => {
          const walked = walk(await findRoot(run.root, roots), cursor, {
            readNames: kept.readerOf(run.id),
            namesInMemory,
          });
          const entries = compareWithBase(store, run, walked, { after: cursor, signal });
          const limits = { options: pageOptions(run, number), needsCopy: needsCopy(run) };
          const page = await takePage(entries, { ...limits, signal, onEntry: () => (listed += 1) });
          const layout = runLayout(run);
          const plan = { number, ...page, ...limits, shard: layout.shard(number) };
          return page.entries.some(limits.needsCopy)
            ? writePage(store, layout.page(number), plan, signal)
            : writeSettledPage(store, layout, plan, signal);
        },
        () => ({ listed }),
      );
    });
}

function pageOptions({ options }: Run, number: number): BackupOptions {
  return number === 0 ? { ...options, pageEntries: Math.min(options.pageEntries, firstPageEntries) } : options;
}
