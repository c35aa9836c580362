import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from './activity.ts';
import { markReading, type Reader } from '../../claims/reading-mark.ts';

/** Says once more which run a restore or a verification reads, when it is rewound. Throws `RunNotFound` when that was forgotten meanwhile. */
export function createResumeReading({ store }: ActivityDependencies) {
  return ({ signal }: Attempt, kind: 'restores' | 'verifications', reader: Reader): Promise<void> =>
    markReading(store, kind, reader, signal);
}
