import type { ActivityDependencies } from '../dependencies.ts';
import { createFindBackups } from './jobs-under-way.ts';
import { createMarkPrune } from './mark-prune.ts';
import { createClosePrune, createOpenPrune, createReleasePrune } from './open-prune.ts';
import { createPlanPrune } from './plan-prune.ts';
import { createSweepPrune } from './sweep-prune.ts';

/** The effects of a prune, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createPruneActivities(deps: ActivityDependencies) {
  return {
    openPrune: createOpenPrune(deps),
    findBackups: createFindBackups(deps),
    planPrune: createPlanPrune(deps),
    markPrune: createMarkPrune(deps),
    sweepPrune: createSweepPrune(deps),
    closePrune: createClosePrune(deps),
    releasePrune: createReleasePrune(deps),
  };
}
