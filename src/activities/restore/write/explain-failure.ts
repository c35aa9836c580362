import { reasonOf } from '../../../lib/message-of.ts';

/** Why a path could not be written, and what to do where that is not plain. */
export function explainFailure(error: unknown, realTarget: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return `no space left (ENOSPC): free some where ${realTarget} is, then retry what failed`;
  if (code === 'EDQUOT') {
    return `the disk quota of the worker's user is used up (EDQUOT): raise it or free some, then retry what failed`;
  }
  return reasonOf(error);
}
