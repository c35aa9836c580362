import type { Run } from '../../../contracts/backup.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { withUploadLimit, createRateLimit, type Clock, type RateLimit } from '../../../storage/pace/rate-limit.ts';

// Far more than run at once in one process.
const mostKept = 100;

/** The store as each run may use it: all copies of one run in this process share what it may send a second. */
export function createRunLimits(store: BlobStore, clock?: Clock): (run: Pick<Run, 'id' | 'uploadLimit'>) => BlobStore {
  const limits = new Map<string, RateLimit>();
  return ({ id, uploadLimit }) => {
    if (uploadLimit === undefined) return store;
    const limit = limits.get(id) ?? createRateLimit(uploadLimit, clock);
    // Those asked for last stand last.
    limits.delete(id);
    limits.set(id, limit);
    for (const oldest of limits.keys()) if (limits.size > mostKept) limits.delete(oldest);
    return withUploadLimit(store, limit);
  };
}
