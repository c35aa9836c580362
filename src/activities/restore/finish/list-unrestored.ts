import type { Page } from '../../../contracts/contract.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { readEntriesOf, writePage } from '../../paged/page.ts';
import { readShard } from '../../paged/shard.ts';
import { openDeletionPlan } from '../plan/deletion-plan.ts';
import { createPlanner } from '../plan/plan-entry.ts';
import { planEntry } from '../plan/planned-entries.ts';
import { isUnrestored, needsRestoring, type RestoreEntry, type RestoreRow } from '../rows.ts';
import type { Targets } from '../target/targets.ts';

/** Lists what failed of a page into a page of the restore's present round, compared with what the target holds now. */
export function createListUnrestored({ store }: ActivityDependencies, targets: Targets) {
  return async ({ signal }: Attempt, restore: Restore, number: number): Promise<Page> => {
    const layout = jobLayout('restores', restore);
    const rows = await readShard<RestoreRow>(store, layout.shard(number), signal);
    const failed = new Set(rows.filter(isUnrestored).map(({ path }) => path));
    // The first round's page has all that the run holds of them.
    const { prefix, id, options } = restore;
    const first = jobLayout('restores', { prefix, id }).page(number);
    const listed = await readEntriesOf<RestoreEntry>(store, first, signal);
    const entries = await targets.inFound(restore.target, async ({ folders }) => {
      const planner = createPlanner(restore, folders, openDeletionPlan(store, restore, signal));
      const planned: RestoreEntry[] = [];
      for (const entry of listed) if (failed.has(entry.path)) planned.push(await planEntry(unplanned(entry), planner));
      return planned;
    });
    const plan = { number, entries, last: true, options, needsCopy: needsRestoring };
    return writePage(store, layout.page(number), plan, signal);
  };
}

function unplanned(entry: RestoreEntry): RestoreEntry {
  const { outcome: _, reason: __, copy: ___, replacesFolder: ____, ...listed } = entry;
  return listed;
}
