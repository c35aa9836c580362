import { printable } from '../../lib/printable.ts';
import type { Slice, SliceFailure, Page, SealedPage, SliceResult } from '../../contracts/job.ts';
import type { Suspension } from './suspension.ts';

/** The activities of a job over pages of files, bound to its run. All but `copy`, which the fan-out holds back itself, wait while the job is suspended. */
export interface PagedActivities<T, C> {
  readonly list: (page: number, cursor?: string) => Promise<Page>;
  /** What failed of a page, or of that only what others were busy with. */
  readonly listFailed: (page: number, only?: 'busy') => Promise<Page>;
  readonly copy: (copy: Slice) => Promise<SliceResult>;
  readonly seal: (page: number, gaveUp: readonly SliceFailure[]) => Promise<SealedPage<T>>;
  readonly commit: (times: Times) => Promise<C>;
}

/** ISO 8601. */
interface Times {
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Makes them wait as they should. */
export function gated<T, C>(activities: PagedActivities<T, C>, { gate }: Suspension): PagedActivities<T, C> {
  const after =
    <A extends unknown[], R>(activity: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      await gate();
      return activity(...args);
    };
  return {
    list: after(activities.list),
    listFailed: after(activities.listFailed),
    copy: activities.copy,
    seal: after(activities.seal),
    commit: after(activities.commit),
  };
}

/** What Temporal's Web UI shows beside the listing of a page. */
export function pageSummary(page: number, cursor?: string): { summary: string } {
  return { summary: cursor === undefined ? `page ${page}` : printable(`page ${page}, after ${cursor}`).slice(0, 200) };
}

/** And beside a copy. */
export function sliceSummary(copy: Slice): { summary: string } {
  return { summary: copy.label ?? `${copy.files} files, ${copy.bytes} bytes` };
}
