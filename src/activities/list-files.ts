import type { Page, Run } from '../shared/contract.ts';
import { runLayout } from '../storage/run-layout.ts';
import { compareWithBase, needsCopy } from './compare-with-base.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { findRoot } from './find-root.ts';
import { withHeartbeat } from './heartbeat.ts';
import { writePage } from './page.ts';
import { takePage } from './take-page.ts';
import { walk } from './walk.ts';
import { readDirectoryNames } from './walk/directory-names.ts';
import { createKeptNames } from './walk/kept-names.ts';

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
          const limits = { options: run.options, needsCopy: needsCopy(run) };
          const page = await takePage(entries, { ...limits, signal, onEntry: () => (listed += 1) });
          return writePage(store, runLayout(run).page(number), { number, ...page, ...limits }, signal);
        },
        () => ({ listed }),
      );
    });
}
