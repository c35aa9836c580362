import type { Page } from '../../shared/contract.ts';
import type { Restore } from '../../shared/restore.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withFailureTypes } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { writePage } from '../page.ts';
import { takePage } from '../take-page.ts';
import { createPlanner } from './plan-entry.ts';
import { plannedEntries } from './planned-entries.ts';
import { needsRestoring } from './rows.ts';
import { makeTarget, targetPath } from './target-directory.ts';

/** Lists the next page of what is to be restored into a blob: what the run holds, compared with what the target holds. */
export function createListRestore({ store, roots }: ActivityDependencies) {
  return (restore: Restore, number: number, cursor?: string): Promise<Page> =>
    withFailureTypes(() => {
      let listed = 0;
      return withHeartbeat(
        async (signal) => {
          const realTarget = await (restore.dryRun ? targetPath : makeTarget)(restore.target, roots);
          const planner = createPlanner(restore, realTarget);
          const source = plannedEntries(store, restore, { realTarget, cursor, planner }, signal);
          const dealt = { options: restore.options, needsCopy: needsRestoring };
          const page = await takePage(source, { ...dealt, signal, onEntry: () => (listed += 1) });
          return writePage(store, jobLayout('restores', restore).page(number), { number, ...page, ...dealt }, signal);
        },
        () => ({ listed }),
      );
    });
}
