import { forgetRuns } from '../../history/forget/forget-runs.ts';
import { prefixOf } from '../../contracts/blob-prefix.ts';
import type { ForgetInput, ForgetSummary } from '../../contracts/forget.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';

const mostNamed = 100;

/** Forgets runs, as {@link forgetRuns} does, and names the first of them. A second attempt finds what the first one forgot. */
export function createForgetRuns({ store, prefix: usual, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, input: ForgetInput): Promise<ForgetSummary> => {
    const isUnderWay = (instanceId: string) => isRunning(instanceId);
    const parts = { store, prefix: prefixOf(input, usual), isUnderWay, signal };
    const { dryRun, kept, forgotten, runs } = await forgetRuns(parts, input);
    const ids = runs.flatMap(({ outcome, run }) => (outcome === 'forgotten' ? [run] : []));
    return { dryRun, kept, forgotten, runs: ids.slice(0, mostNamed) };
  };
}
