import type { EncodedPath } from '../../contracts/encoded-path.ts';
import type { FileAttributes, ManifestEntry } from '../../contracts/manifest.ts';
import { emptyRestoreTally, type Restore, type RestoreOutcome, type RestoreTally } from '../../contracts/restore.ts';
import type { PagedKind, PageRow } from '../paged/kind.ts';
import type { Row } from '../paged/shard.ts';

/** One line of a page: what the run holds at a path, and what is to become of it. Without an outcome a copy has to find it out. */
export interface RestoreEntry
  extends PageRow, Omit<FileAttributes, 'ctimeNs'>, Pick<ManifestEntry, 'target' | 'blob' | 'etag' | 'sha256'> {
  readonly outcome?: RestoreOutcome;
  readonly reason?: string;
  /** Another path of the run that the target cannot tell from this one. */
  readonly clash?: EncodedPath;
  /** That it takes the place of a folder, with all that is in it. */
  readonly replacesFolder?: true;
}

/** One line of a copy's outcomes. */
export interface RestoredPath {
  readonly path: EncodedPath;
  readonly outcome: RestoreOutcome;
  readonly reason?: string;
  /** Attempts of the copy. */
  readonly attempts: number;
}

/** One line of the ledger: what became of a path, and of a directory what it is to be like in the end. */
export interface RestoreRow extends Row, RestoredPath, Omit<FileAttributes, 'ctimeNs'> {
  readonly path: EncodedPath;
  readonly sha256?: string;
  /** Whether all that it lacks are its permissions and times; of a directory that failed. */
  readonly unfinished?: true;
  /** Of what is deleted: it lies in this folder, which something of another kind replaces, and goes with it. */
  readonly within?: EncodedPath;
}

/** What one row adds to its page's counts. Files, bytes, restored and unchanged are of files alone. */
export function restoreTallyOf({ kind, outcome, size }: RestoreRow): RestoreTally {
  const file = kind === 'file' && outcome !== 'skipped';
  const isThere = outcome === 'restored' || outcome === 'unchanged';
  const restored = file && outcome === 'restored';
  const one = (condition: boolean) => (condition ? 1 : 0);
  return {
    ...emptyRestoreTally,
    files: one(file),
    bytes: file ? size : 0,
    restored: one(restored),
    restoredBytes: restored ? size : 0,
    unchanged: one(file && outcome === 'unchanged'),
    kept: one(outcome === 'kept'),
    directories: one(kind === 'directory' && isThere),
    symlinks: one(kind === 'symlink' && isThere),
    skipped: one(outcome === 'skipped'),
    failed: one(outcome === 'failed'),
  };
}

/** What one row of what is deleted, or stays, adds. None of it is a file of the run. */
export function deletionTallyOf({ outcome }: RestoreRow): RestoreTally {
  const failed = outcome === 'failed' ? 1 : 0;
  return {
    ...emptyRestoreTally,
    deleted: outcome === 'deleted' ? 1 : 0,
    kept: outcome === 'kept' ? 1 : 0,
    failed,
    undeleted: failed,
  };
}

export const restoreKind: PagedKind<Restore, RestoreEntry, RestoredPath, RestoreRow, RestoreTally> = {
  name: 'restores',
  needsCopy:
    () =>
    ({ outcome }) =>
      outcome === undefined,
  isDone: (outcome) => outcome === 'restored',
  rowOf,
  emptyTally: emptyRestoreTally,
  tallyOf: restoreTallyOf,
};

function rowOf(entry: RestoreEntry, restored: RestoredPath | undefined, lost: string): RestoreRow {
  const { path, kind, size, mtimeNs, mode, sha256, outcome, reason } = entry;
  const decided: Omit<RestoredPath, 'path'> =
    outcome === undefined ? { outcome: 'failed', reason: lost, attempts: 1 } : { outcome, attempts: 0 };
  return {
    path,
    kind,
    size,
    mtimeNs,
    mode,
    ...(sha256 !== undefined && { sha256 }),
    ...(reason !== undefined && { reason }),
    ...(restored ?? decided),
  };
}
