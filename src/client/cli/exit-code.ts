import type { JobResult } from '../jobs/job.ts';
import { failureTypes } from '../../contracts/failures.ts';

/** What the command's exit codes mean; `--help` lists them. */
export const exitCodes = { done: 0, error: 1, incomplete: 3, suspect: 4, interrupted: 130 } as const;

// Jobs that came to their end, with something to tell of single files.
const incompleteTypes: readonly string[] = [
  failureTypes.backupIncomplete,
  failureTypes.restoreIncomplete,
  failureTypes.verificationFailed,
];

export function exitCodeOf(result: JobResult): number {
  switch (result.status) {
    case 'Completed':
      return exitCodes.done;
    case 'Failed':
      if (result.failure.type === failureTypes.backupSuspect) return exitCodes.suspect;
      return incompleteTypes.includes(result.failure.type) ? exitCodes.incomplete : exitCodes.error;
    case 'Canceled':
      return exitCodes.interrupted;
    case 'Terminated':
      return exitCodes.error;
  }
}
