import type { JobOptions } from '../../contracts/job.ts';
import type { EncodedPath } from '../../contracts/encoded-path.ts';
import type { JobKind, StoredJob } from '../../storage/run-layout.ts';
import type { OutcomeRow, Row } from './shard.ts';

/** A job that works through pages of a list, as its first activity fixed it. */
export interface PagedJob extends StoredJob {
  readonly options: JobOptions;
}

/** What every line of a page tells at least. */
export interface PageRow extends Row {
  /** Bytes. */
  readonly size: number;
  /** The copy of this page that takes the file along. */
  readonly copy?: number;
  /** Why it could not be listed. */
  readonly error?: string;
}

/** What a copy found or did of one of its entries. */
export interface CopyOutcome {
  readonly path: EncodedPath;
  readonly outcome: string;
  /** Bytes, where they are not those that were listed. */
  readonly size?: number;
}

/**
 * What backups, restores and verifications differ in, as far as their pages go: `E` is a line of a page, `O` of a copy's outcomes and `R` of
 * a shard, and `T` what they are counted as.
 */
export interface PagedKind<J extends PagedJob, E extends PageRow, O extends CopyOutcome, R extends OutcomeRow, T> {
  readonly name: JobKind;
  /** Whether a copy has to do something about an entry. */
  readonly needsCopy: (job: J) => (entry: E) => boolean;
  /** Whether a copy has done with a file what it is for. */
  readonly isDone: (outcome: O['outcome']) => boolean;
  /** What became of an entry, by what its copy left of it; `lost` is the reason where that is nothing. */
  readonly rowOf: (entry: E, outcome: O | undefined, lost: string) => R;
  readonly emptyTally: T;
  /** What one row adds to the counts. */
  readonly tallyOf: (row: R) => T;
}
