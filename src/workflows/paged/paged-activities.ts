import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { Slice, SliceFailure, SliceResult, JobClosing, Page, SealedPage } from '../../contracts/job.ts';
import { printable } from '../../lib/printable.ts';
import { sliceOptions, recordOptions, type OptionedJob } from './activity-options.ts';
import type { Suspension } from './suspension.ts';
import type { WorkerQueue } from './worker-queue.ts';

/** The activities of a job over pages of files, bound to its run. All but `copy`, which the fan-out holds back itself, wait while the job is suspended. */
export interface PagedActivities<T, C> {
  readonly list: (page: number, cursor?: string) => Promise<Page>;
  /** What failed of a page, or of that only what others were busy with. */
  readonly listFailed: (page: number, only?: 'busy') => Promise<Page>;
  readonly copy: (copy: Slice) => Promise<SliceResult>;
  readonly seal: (page: number, gaveUp: readonly SliceFailure[]) => Promise<SealedPage<T>>;
  readonly commit: (end: JobClosing) => Promise<C>;
}

/** Which activities those are. */
export interface PagedCalls<R, T, C> {
  readonly list: Call<[run: R, page: number, cursor?: string], Page>;
  readonly listFailed: Call<[run: R, page: number, only?: 'busy'], Page>;
  readonly copy: (copy: Slice) => Call<[run: R, copy: Slice], SliceResult>;
  readonly seal: Call<[run: R, page: number, gaveUp: readonly SliceFailure[]], SealedPage<T>>;
  readonly commit: Call<[run: R, end: JobClosing], C>;
}

interface Call<A extends unknown[], R> {
  executeWithOptions(options: ActivityOptions, args: A): Promise<R>;
}

export type Proxies = ReturnType<typeof proxyActivities<Activities>>;

/** Binds them. `callsOf` names them: those that record what holds the job together, and those that copy, which may wait behind each other. */
export function pagedActivities<R extends OptionedJob, T, C>(
  run: R,
  callsOf: (recording: Proxies, copying: Proxies) => PagedCalls<R, T, C>,
  { gate }: Suspension,
  { queue, reach }: WorkerQueue,
): PagedActivities<T, C> {
  const calls = callsOf(
    proxyActivities<Activities>(recordOptions(run)),
    proxyActivities<Activities>({ ...sliceOptions(run), ...queue }),
  );
  const record = async <A extends unknown[], X>(call: Call<A, X>, args: A, summary?: string): Promise<X> => {
    await gate();
    return reach((where) => call.executeWithOptions({ ...(summary !== undefined && { summary }), ...where }, args));
  };
  return {
    list: (page, cursor) =>
      record(calls.list, cursor === undefined ? [run, page] : [run, page, cursor], pageSummary(page, cursor)),
    listFailed: (page, only) => record(calls.listFailed, only ? [run, page, only] : [run, page], pageSummary(page)),
    copy: (copy) => calls.copy(copy).executeWithOptions({ summary: copySummary(copy) }, [run, copy]),
    seal: (page, gaveUp) => record(calls.seal, [run, page, gaveUp], pageSummary(page)),
    commit: (end) => record(calls.commit, [run, end]),
  };
}

// What Temporal's Web UI shows beside an activity.
function pageSummary(page: number, cursor?: string): string {
  return cursor === undefined ? `page ${page}` : printable(`page ${page}, after ${cursor}`).slice(0, 200);
}

function copySummary({ label, files, bytes }: Slice): string {
  return label ?? `${files} files, ${bytes} bytes`;
}
