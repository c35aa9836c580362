import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import { createListFailed } from '../../paged/list-failed.ts';
import { readEntriesOf } from '../../paged/page.ts';
import { openDeletionPlan } from '../plan/deletion-plan.ts';
import { createPlanner } from '../plan/plan-entry.ts';
import { planEntry } from '../plan/planned-entries.ts';
import { restoreKind, type RestoreEntry } from '../rows.ts';
import type { Targets } from '../target/targets.ts';

/** Lists what failed of a page once more, compared with what the target holds now. */
export function createListUnrestored({ store }: ActivityDependencies, targets: Targets) {
  return createListFailed(store, restoreKind, async ({ job: restore, number, failed, signal }) => {
    const paths = new Set(failed.map(({ path }) => path));
    // The first round's page has all that the run holds of them.
    const { prefix, id } = restore;
    const first = jobLayout('restores', { prefix, id }).page(number);
    const listed = await readEntriesOf<RestoreEntry>(store, first, signal);
    const entries = await targets.inFound(restore.target, async ({ folders }) => {
      const planner = createPlanner(restore, folders, openDeletionPlan(store, restore, signal));
      const planned: RestoreEntry[] = [];
      for (const entry of listed) if (paths.has(entry.path)) planned.push(await planEntry(unplanned(entry), planner));
      return planned;
    });
    return { entries };
  });
}

function unplanned(entry: RestoreEntry): RestoreEntry {
  const { outcome: _, reason: __, copy: ___, replacesFolder: ____, ...listed } = entry;
  return listed;
}
