import type { Page } from '../../../contracts/job.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { writePage } from '../../paged/page.ts';
import { takePage } from '../../paged/fill-page.ts';
import { openDeletionPlan } from './deletion-plan.ts';
import { createPlanner } from './plan-entry.ts';
import { plannedEntries } from './planned-entries.ts';
import { restoreKind } from '../rows.ts';
import { createDirectoryOpener } from '../target/open-directories.ts';
import { createOpenedDirectories } from '../target/opened-directories.ts';
import type { Targets } from '../target/targets.ts';

/** Lists the next page of what is to be restored into a blob: what the run holds, compared with what the target holds. */
export function createListRestore({ store }: ActivityDependencies, targets: Targets) {
  return ({ signal, show }: Attempt, restore: Restore, number: number, cursor?: string): Promise<Page> => {
    const progress = show({ listed: 0 });
    const layout = jobLayout('restores', restore);
    return (restore.dryRun ? targets.inFound : targets.inMade)(restore.target, async ({ folders }) => {
      const planner = createPlanner(restore, folders, openDeletionPlan(store, restore, signal));
      const opened = createOpenedDirectories(store, layout, signal);
      const target = { folders, withOpenDirectories: createDirectoryOpener(folders, opened) };
      const source = plannedEntries(store, restore, { target, cursor, planner }, signal);
      const limits = { options: restore.options, needsCopy: restoreKind.needsCopy(restore) };
      const page = await takePage(source, { ...limits, signal, onEntry: () => (progress.listed += 1) });
      return writePage(store, restoreKind, restore, { number, ...page }, signal);
    });
  };
}
