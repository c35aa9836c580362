import { allHandlersFinished, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import {
  maxReportedFailures,
  type JobProgress,
  type SliceFailure,
  type SliceResult,
  type Page,
  addTallies,
} from '../../contracts/job.ts';
import type { Counted, PagedCarry, PagedRun } from './carry.ts';
import { fanOut } from './fan-out.ts';
import type { PagedActivities } from './paged-activities.ts';
import { everyPage, failedPages } from './page-source.ts';
import type { ProgressReport } from './progress-report.ts';
import { copied, sealed } from './progress.ts';
import { reasonOf } from './step-failure.ts';
import type { Suspension } from './suspension.ts';

/** What the rounds of a job need of the workflow that it is. */
export interface PagedContext<R extends PagedRun, T, C> {
  readonly activitiesOf: (run: R) => PagedActivities<T, C>;
  readonly report: ProgressReport<JobProgress>;
  readonly suspension: Suspension;
  /** What the work on pages is called. */
  readonly phase: JobProgress['phase'];
  /** Continues as new. */
  readonly again: (carry: PagedCarry<R, T>) => Promise<never>;
}

/**
 * Works through the pages of one round: each page's files side by side while the next page is listed and the one before is sealed. Continues as
 * new between pages when Temporal suggests it. Returns what all pages so far have come to.
 */
export async function runPages<R extends PagedRun, T extends Counted<T>, C>(
  begun: PagedCarry<R, T>,
  context: PagedContext<R, T, C>,
): Promise<PagedCarry<R, T>> {
  const { page: first, ...rest } = begun;
  const { run, retry, only } = begun;
  const { report, phase, suspension, again } = context;
  const activities = context.activitiesOf(run);
  const pages = retry
    ? failedPages(retry, activities, { report, phase }, only)
    : everyPage(activities, { report, phase });

  let page = first ?? (await pages.first());
  let sealing: Promise<PagedCarry<R, T>> = Promise.resolve(rest);
  while (page) {
    const next = pages.after(page);
    const done = await copyPage(run, page, activities, { report, suspension }).catch(async (error: unknown) => {
      // A run ends when nothing writes any more.
      await Promise.allSettled([sealing, next]);
      throw error;
    });
    // At most one page is being sealed, while the next one is copied.
    sealing = sealPage(await sealing, page, done, activities, report);
    // It is awaited only after the copies of the next page; until then a failure must not count as nobody's.
    sealing.catch(() => undefined);
    page = await next;
    if (page && workflowInfo().continueAsNewSuggested) {
      const now = await sealing;
      await condition(allHandlersFinished);
      return again({ ...now, page, progress: report.now() });
    }
  }
  return sealing;
}

/** What the copies of a page came to, before it is sealed. */
interface CopiedPage {
  /** Those that gave up. */
  readonly gaveUp: readonly SliceFailure[];
  /** What progress shows of them. */
  readonly shown: SliceResult;
}

/**
 * Copies a page, up to the run's window at once; a copy that gives up never holds up the others. Throws when the workflow is cancelled, once
 * no copy runs any more.
 */
async function copyPage<R extends PagedRun, T, C>(
  { options }: R,
  page: Page,
  { copy }: PagedActivities<T, C>,
  { report, suspension }: Pick<PagedContext<R, T, C>, 'report' | 'suspension'>,
): Promise<CopiedPage> {
  const { gate, recallable } = suspension;
  let shown: SliceResult = { files: 0, bytes: 0, failed: 0 };
  const results = await fanOut(
    page.copies,
    async (item) => {
      const result = await recallable(() => copy(item));
      shown = addTallies(shown, result);
      report.advance((now) => copied(now, result));
    },
    { limit: options.window, gate, stopOn: isCancellation },
  );
  const gaveUp = results.flatMap((result, number) =>
    result.status === 'rejected' ? [{ number, reason: reasonOf(result.reason) }] : [],
  );
  return { gaveUp, shown };
}

/** Seals a page whose copies are done, and adds what came of it to what the pages before it came to. */
async function sealPage<R extends PagedRun, T extends Counted<T>, C>(
  before: PagedCarry<R, T>,
  { number }: Page,
  { gaveUp, shown }: CopiedPage,
  activities: PagedActivities<T, C>,
  report: ProgressReport<JobProgress>,
): Promise<PagedCarry<R, T>> {
  const { tally: own, failures, busy = 0 } = await activities.seal(number, gaveUp);
  // In a later round the page's tally counts what earlier rounds did too.
  if (before.run.round === undefined) report.milestone((now) => sealed(now, shown, own));
  const others = (pages: readonly number[] = []) => pages.filter((other) => other !== number);
  return {
    ...before,
    tally: addTallies(before.tally, own),
    failures: [
      ...before.failures.filter((failure) => failure.page !== number),
      ...failures.map((failure) => ({ ...failure, page: number })),
    ].slice(0, maxReportedFailures),
    failedPages: own.failed > 0 ? [...others(before.failedPages), number] : others(before.failedPages),
    ...(busy > 0 && {
      busyPages: [...others(before.busyPages), number],
      busyFiles: (before.busyFiles ?? 0) + busy,
    }),
  };
}
