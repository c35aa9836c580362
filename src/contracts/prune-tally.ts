import type { PruneTally } from './prune.ts';

/** A count of nothing to begin a prune with. */
export const emptyPruneTally: PruneTally = {
  deleted: 0,
  deletedBytes: 0,
  data: 0,
  dataBytes: 0,
  kept: 0,
  keptBytes: 0,
  foreign: 0,
  foreignBytes: 0,
  changed: 0,
  locked: 0,
  lockedBytes: 0,
};
