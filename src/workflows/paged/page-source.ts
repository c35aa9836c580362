import type { JobProgress, Page } from '../../contracts/job.ts';
import type { PagedActivities } from './paged-activities.ts';
import type { ProgressReport } from './progress-report.ts';
import { pageListed } from './progress.ts';

/** Where the pages of a run come from, one after the other. */
export interface PageReader {
  /** Undefined when there are none. */
  readonly first: () => Promise<Page | undefined>;
  /** The page after `page`, being listed already while that one is copied; undefined after the last. */
  readonly after: (page: Page) => Promise<Page> | undefined;
}

/** All of them, by their listing. */
export function everyPage(activities: Lists, shown: Listed): PageReader {
  const list = (number: number, cursor?: string) => listed(activities.list(number, cursor), shown);
  return {
    first: () => list(0),
    after: ({ number, cursor }) => (cursor === undefined ? undefined : ahead(list(number + 1, cursor))),
  };
}

/** What failed of the given pages, in ascending order, or of that only what others were busy with. */
export function failedPages(numbers: readonly number[], activities: Lists, shown: Listed, only?: 'busy'): PageReader {
  // Busy files were counted when they were first listed.
  const count = only === undefined ? shown : { ...shown, counted: true };
  const list = (number: number) => listed(activities.listFailed(number, only), count);
  return {
    first: async () => (numbers[0] === undefined ? undefined : list(numbers[0])),
    after: (page) => {
      const next = numbers.find((number) => number > page.number);
      return next === undefined ? undefined : ahead(list(next));
    },
  };
}

/** How a listed page shows in the job's progress. */
interface Listed {
  readonly report: ProgressReport<JobProgress>;
  readonly phase: JobProgress['phase'];
  /** Whether its files are among the totals already. */
  readonly counted?: boolean;
}

type Lists = Pick<PagedActivities<unknown, unknown>, 'list' | 'listFailed'>;

async function listed(listing: Promise<Page>, { report, phase, counted = false }: Listed): Promise<Page> {
  const page = await listing;
  report.milestone((now) => pageListed(now, counted ? { ...page, files: 0, bytes: 0 } : page, phase));
  return page;
}

// It is awaited only when the copies are done; until then a failure must not count as nobody's.
function ahead(page: Promise<Page>): Promise<Page> {
  page.catch(() => undefined);
  return page;
}
