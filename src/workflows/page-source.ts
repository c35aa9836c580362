import type { BackupProgress, Page } from '../shared/contract.ts';
import type { BackupActivities } from './backup-activities.ts';
import type { ProgressReport } from './progress-report.ts';
import { pageListed } from './progress.ts';

/** Where the pages of a run come from, one after the other. */
export interface PageSource {
  /** Undefined when there are none. */
  readonly first: () => Promise<Page | undefined>;
  /** The page after `page`, being listed already while that one is copied; undefined after the last. */
  readonly after: (page: Page) => Promise<Page> | undefined;
}

/** The whole tree, by its listing. */
export function wholeTree(activities: BackupActivities, report: ProgressReport<BackupProgress>): PageSource {
  const list = (number: number, cursor?: string) => listed(activities.listFiles(number, cursor), report);
  return {
    first: () => list(0),
    after: ({ number, cursor }) => (cursor === undefined ? undefined : ahead(list(number + 1, cursor))),
  };
}

/** What failed of the given pages, in ascending order. */
export function failedPages(
  numbers: readonly number[],
  activities: BackupActivities,
  report: ProgressReport<BackupProgress>,
): PageSource {
  const list = (number: number) => listed(activities.listFailed(number), report);
  return {
    first: async () => (numbers[0] === undefined ? undefined : list(numbers[0])),
    after: (page) => {
      const next = numbers.find((number) => number > page.number);
      return next === undefined ? undefined : ahead(list(next));
    },
  };
}

async function listed(listing: Promise<Page>, report: ProgressReport<BackupProgress>): Promise<Page> {
  const page = await listing;
  report.milestone((now) => pageListed(now, page));
  return page;
}

// It is awaited only when the copies are done; until then a failure must not count as nobody's.
function ahead(page: Promise<Page>): Promise<Page> {
  page.catch(() => undefined);
  return page;
}
