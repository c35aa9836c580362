import type { EarlierBackup, Prune } from '../../contracts/prune.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { runningBackups } from './running-backups.ts';

/**
 * The backups below the prefix that are under way, and of `among` those that still are. One that begins later has seen that there is a
 * prune, so only those need be waited for that this finds first. One that took its mark away waits for the prune itself.
 */
export function createFindBackups({ store, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, { prefix }: Prune, among?: readonly EarlierBackup[]): Promise<EarlierBackup[]> => {
    const found = await runningBackups(store, prefix, isRunning, signal);
    return found
      .map(({ instanceId, firstRunId }) => ({ instanceId, firstRunId }))
      .filter(({ firstRunId }) => among === undefined || among.some((earlier) => earlier.firstRunId === firstRunId));
  };
}
