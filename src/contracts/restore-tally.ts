import type { RestoreTally } from './restore.ts';

export const emptyRestoreTally: RestoreTally = {
  files: 0,
  bytes: 0,
  restored: 0,
  restoredBytes: 0,
  unchanged: 0,
  kept: 0,
  directories: 0,
  symlinks: 0,
  deleted: 0,
  skipped: 0,
  failed: 0,
  undeleted: 0,
};
