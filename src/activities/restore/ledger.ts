import type { EncodedPath } from '../../contracts/encoded-path.ts';
import { sumTallies } from '../../contracts/job.ts';
import type { FileAttributes, ManifestEntry } from '../../contracts/manifest.ts';
import { emptyRestoreTally, type Restore, type RestoreOutcome, type RestoreTally } from '../../contracts/restore.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { JobLayout } from '../../storage/run-layout.ts';
import type { PagedKind, PageRow } from '../paged/kind.ts';
import { readShard, writeShard, type Row } from '../paged/shard.ts';

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
function restoreTallyOf({ kind, outcome, size }: RestoreRow): RestoreTally {
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
function deletionTallyOf({ outcome }: RestoreRow): RestoreTally {
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

// Far above the number of any page, so that the shards of what is deleted stand last; numbers of pages are below a ninth of it.
const firstOfDeleted = 90_000_000;

/** The number of the shard of folders of the target that could not be given their permissions, and are no paths of the run. */
export const shardOfFolders = 99_999_999;

/** The ledger of one restore, shard by shard. */
export interface LedgerPages {
  readonly read: (shard: number) => Promise<readonly RestoreRow[]>;
  readonly write: (shard: number, rows: readonly RestoreRow[]) => Promise<void>;
}

/** How the names of the shards of pages begin, and of no shard of what is deleted. */
export function pageShards({ shards }: JobLayout): string {
  return `${shards}0`;
}

/** The number of the shard that holds part `part` of what is deleted. */
export function shardOfDeleted(part: number): number {
  return firstOfDeleted + part;
}

export function createLedgerPages(store: BlobStore, layout: JobLayout, signal: AbortSignal): LedgerPages {
  return {
    read: (shard) => readShard<RestoreRow>(store, layout.shard(shard), signal),
    write: async (shard, rows) => {
      const tallyOf = shard < firstOfDeleted ? restoreTallyOf : deletionTallyOf;
      const tally = sumTallies(rows.map(tallyOf), emptyRestoreTally);
      await writeShard(store, layout.shard(shard), rows, tally, signal);
    },
  };
}

/** Rows in reverse, those in a directory before the directory; returns the shard's rows with what `work` made of them, if anything. */
export async function replaceFromLast(
  rows: readonly RestoreRow[],
  work: (row: RestoreRow) => Promise<RestoreRow>,
): Promise<{ readonly rows: readonly RestoreRow[]; readonly changed: boolean }> {
  const replaced: RestoreRow[] = [];
  let changed = false;
  for (const row of rows.toReversed()) {
    const next = await work(row);
    changed ||= next !== row;
    replaced.push(next);
  }
  return { rows: replaced.toReversed(), changed };
}
