import type { ActivityDependencies } from '../dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { markReading, type Reader } from '../../claims/mark-reading.ts';

/** Says once more which run a restore or a verification reads, when it is rewound. Throws `RunNotFound` when that was forgotten meanwhile. */
export function createResumeReading({ store }: ActivityDependencies) {
  return (kind: 'restores' | 'verifications', reader: Reader): Promise<void> =>
    withFailureTypes(() => withHeartbeat((signal) => markReading(store, kind, reader, signal)));
}
