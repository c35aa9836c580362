import type { Page } from '../../contracts/job.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { Attempt } from './activity.ts';
import type { CopyOutcome, PagedJob, PagedKind, PageRow } from './kind.ts';
import { writePage, type ListedPage } from './page.ts';
import { hasFailed, isBusy, readShard, type OutcomeRow } from './shard.ts';

/** A page of which something had failed. */
export interface FailedPage<J, R> extends Attempt {
  readonly job: J;
  readonly number: number;
  /** Its rows that have failed, or of those the ones that others were busy with. */
  readonly failed: readonly R[];
}

/**
 * Makes what lists what failed of a page into a page of the job's present round: `list` says what there is of it now. With `only` that is
 * nothing but the files that another process was busy with.
 */
export function createListFailed<J extends PagedJob, E extends PageRow, O extends CopyOutcome, R extends OutcomeRow, T>(
  store: BlobStore,
  kind: PagedKind<J, E, O, R, T>,
  list: (page: FailedPage<J, R>) => Promise<Pick<ListedPage<E>, 'entries' | 'metadata'>>,
) {
  return async (attempt: Attempt, job: J, number: number, only?: 'busy'): Promise<Page> => {
    const rows = await readShard<R>(store, jobLayout(kind.name, job).shard(number), attempt.signal);
    const failed = rows.filter(only === undefined ? hasFailed : isBusy);
    const { entries, metadata } = await list({ ...attempt, job, number, failed });
    const listed = { number, entries, last: true, metadata: { ...metadata, ...(only && { only }) } };
    return writePage(store, kind, job, listed, attempt.signal);
  };
}
