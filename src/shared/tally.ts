import type { Tally } from './contract.ts';
import type { ManifestEntry } from './manifest.ts';

export const emptyTally: Tally = {
  files: 0,
  bytes: 0,
  uploaded: 0,
  uploadedBytes: 0,
  adopted: 0,
  directories: 0,
  symlinks: 0,
  skipped: 0,
  failed: 0,
};

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    files: a.files + b.files,
    bytes: a.bytes + b.bytes,
    uploaded: a.uploaded + b.uploaded,
    uploadedBytes: a.uploadedBytes + b.uploadedBytes,
    adopted: a.adopted + b.adopted,
    directories: a.directories + b.directories,
    symlinks: a.symlinks + b.symlinks,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
  };
}

/** What one entry adds to its page's tally. */
export function tallyOf({ kind, outcome, size }: ManifestEntry): Tally {
  switch (outcome) {
    case 'uploaded':
      return { ...emptyTally, files: 1, bytes: size, uploaded: 1, uploadedBytes: size };
    case 'adopted':
      return { ...emptyTally, files: 1, bytes: size, adopted: 1 };
    case 'recorded':
      return { ...emptyTally, directories: kind === 'directory' ? 1 : 0, symlinks: kind === 'symlink' ? 1 : 0 };
    case 'skipped':
      return { ...emptyTally, skipped: 1 };
    case 'changed':
    case 'failed':
      return { ...emptyTally, failed: 1 };
  }
}
