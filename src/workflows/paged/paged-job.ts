import { allHandlersFinished, condition, patched, sleep, workflowInfo } from '@temporalio/workflow';
import {
  defaultJobOptions,
  maxReportedFailures,
  type JobOptions,
  type JobProgress,
  type SliceFailure,
  type FileFailure,
  type Page,
  type SliceResult,
  addTallies,
} from '../../contracts/job.ts';
import { copyPage } from './copy-page.ts';
import { everyPage, failedPages } from './page-reader.ts';
import type { PagedActivities } from './paged-activities.ts';
import type { ProgressReport } from './progress-report.ts';
import { copied, sealed } from './progress.ts';
import type { Suspension } from './suspension.ts';

/** What a job is about, as its first activity found and fixed it; every later activity receives it. */
export interface PagedRun {
  readonly options: JobOptions;
  /** How many times what failed has been taken up again. */
  readonly round?: number;
}

/** What a job takes along when it continues as new, between two pages, and what a rewound one starts from. */
export interface PagedCarry<R extends PagedRun, T> extends Held<T> {
  readonly run: R;
  readonly startedAt: string;
  /** Listed already, to be worked on first. */
  readonly page?: Page;
  /** In a later round: the pages of which something had failed, in ascending order. Nothing else is worked on then. */
  readonly retry?: readonly number[];
  /** In a later round for busy files: of those pages, these alone. */
  readonly only?: 'busy';
  /** Rounds that busy files have had. */
  readonly busyRounds?: number;
  readonly progress: JobProgress;
}

/** What the pages so far have come to. */
interface Held<T> {
  /** For progress alone; the result is what the shards say. */
  readonly tally: T;
  readonly failures: readonly PageFailure[];
  /** Numbers of the pages of which something failed. */
  readonly failedPages: readonly number[];
  /** Numbers of the pages of which files were busy in this round, and how many those were. */
  readonly busyPages?: readonly number[];
  readonly busyFiles?: number;
}

interface PageFailure extends FileFailure {
  readonly page?: number;
}

/** What a job needs of the workflow that it is. */
export interface PagedContext<R extends PagedRun, T, C> {
  readonly activitiesOf: (run: R) => PagedActivities<T, C>;
  readonly report: ProgressReport<JobProgress>;
  readonly suspension: Suspension;
  /** What the work on pages is called; `copying` unless given. */
  readonly phase?: JobProgress['phase'];
  /** Continues as new. */
  readonly again: (carry: PagedCarry<R, T>) => Promise<never>;
}

/** How a job ended, and what a rewind of it starts from. */
export interface PagedEnd<R extends PagedRun, T, C> {
  readonly committed: C;
  readonly failures: readonly FileFailure[];
  readonly rewind: PagedCarry<R, T>;
}

/**
 * Works on a list of files of any length: page by page, each page's files side by side while the next page is listed, and commits
 * what came of it. Files that others were busy with are taken up again at the end, after a pause. Continues as new between pages when
 * Temporal suggests it.
 */
export async function runPages<R extends PagedRun, T extends Counted<T>, C extends { readonly tally: T }>(
  begun: PagedCarry<R, T>,
  context: PagedContext<R, T, C>,
): Promise<PagedEnd<R, T, C>> {
  const { report, suspension, activitiesOf } = context;
  let now = await keepPages(begun, context);
  for (let next = laterRound(now); next; next = laterRound(now)) {
    await suspension.gate();
    await sleep(pauseBefore(next));
    const { busyFiles = 0 } = now;
    report.advance((progress) => ({ ...progress, failed: progress.failed - busyFiles }));
    now = await keepPages(next, context);
  }
  report.advance((progress) => ({ ...progress, phase: 'committing' }));
  const times = { startedAt: now.startedAt, finishedAt: new Date().toISOString() };
  const committed = await activitiesOf(now.run).commit(times);
  report.milestone((progress) => ({ ...sealed(progress, progress, committed.tally), phase: 'done' }));
  await condition(allHandlersFinished);
  return {
    committed,
    failures: now.failures.map(({ path, outcome, reason }) => ({ path, outcome, reason })),
    rewind: rewindOf(now, committed.tally, { ...report.now(), phase: context.phase ?? 'copying' }),
  };
}

/** Counts by name, these among them. */
export type Counted<T> = { readonly [K in keyof T]: number } & {
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
};

/** Works through the pages of one round. */
async function keepPages<R extends PagedRun, T extends Counted<T>, C extends { readonly tally: T }>(
  begun: PagedCarry<R, T>,
  context: PagedContext<R, T, C>,
): Promise<PagedCarry<R, T>> {
  const { page: first, ...rest } = begun;
  const { run, retry, only } = begun;
  const { report, phase = 'copying', again } = context;
  const activities = context.activitiesOf(run);
  const pages = retry
    ? failedPages(retry, activities, { report, phase }, only)
    : everyPage(activities, { report, phase });

  let page = first ?? (await pages.first());
  const besideCopies = patched('seal-beside-copies');
  let sealing: Promise<PagedCarry<R, T>> = Promise.resolve(rest);
  while (page) {
    const next = pages.after(page);
    const done = await copyReported(run, page, activities, context).catch(async (error: unknown) => {
      // A run ends when nothing writes any more.
      if (besideCopies) await Promise.allSettled([sealing, next]);
      throw error;
    });
    // At most one page is being sealed, while the next one is copied.
    sealing = sealPage(await sealing, page, done, activities, report);
    // It is awaited only after the copies of the next page; until then a failure must not count as nobody's.
    sealing.catch(() => undefined);
    if (!besideCopies) await sealing;
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
  readonly gaveUp: readonly SliceFailure[];
  /** What progress shows of them. */
  readonly shown: SliceResult;
}

async function copyReported<R extends PagedRun, T, C>(
  run: R,
  page: Page,
  activities: PagedActivities<T, C>,
  { report, suspension }: Pick<PagedContext<R, T, C>, 'report' | 'suspension'>,
): Promise<CopiedPage> {
  let shown: SliceResult = { files: 0, bytes: 0, failed: 0 };
  const gaveUp = await copyPage(run, page, activities, suspension, (result) => {
    shown = addTallies(shown, result);
    report.advance((now) => copied(now, result));
  });
  return { gaveUp, shown };
}

/** Seals a page whose copies are done, and adds what came of it to what is held so far. */
async function sealPage<R extends PagedRun, T extends Counted<T>, C>(
  held: PagedCarry<R, T>,
  { number }: Page,
  { gaveUp, shown }: CopiedPage,
  activities: PagedActivities<T, C>,
  report: ProgressReport<JobProgress>,
): Promise<PagedCarry<R, T>> {
  const { tally: own, failures, busy = 0 } = await activities.seal(number, gaveUp);
  const tally = addTallies(held.tally, own);
  // In a later round the page's tally counts what earlier rounds did too.
  if (held.run.round === undefined) report.milestone((now) => sealed(now, shown, own));
  const others = (pages: readonly number[] = []) => pages.filter((other) => other !== number);
  return {
    ...held,
    tally,
    failures: [
      ...held.failures.filter((failure) => failure.page !== number),
      ...failures.map((failure) => ({ ...failure, page: number })),
    ].slice(0, maxReportedFailures),
    failedPages: own.failed > 0 ? [...others(held.failedPages), number] : others(held.failedPages),
    ...(busy > 0 && {
      busyPages: [...others(held.busyPages), number],
      busyFiles: (held.busyFiles ?? 0) + busy,
    }),
  };
}

/** The round that takes up busy files again; undefined when there are none, or when they have had their chances. */
function laterRound<R extends PagedRun, T>(now: PagedCarry<R, T>): PagedCarry<R, T> | undefined {
  const { busyPages = [], busyFiles: _, busyRounds = 0, ...rest } = now;
  if (busyPages.length === 0 || busyRounds >= busyOptions(now.run).busyRounds) return undefined;
  return { ...rest, run: nextRound(now.run), retry: busyPages, only: 'busy', busyRounds: busyRounds + 1 };
}

/** Milliseconds, twice as long before each round. */
function pauseBefore({ run, busyRounds = 1 }: PagedCarry<PagedRun, unknown>): number {
  return busyOptions(run).busyPause * 2 ** (busyRounds - 1);
}

// A run that an earlier version began has none of these.
function busyOptions({ options }: PagedRun) {
  return { ...defaultJobOptions, ...options };
}

function rewindOf<R extends PagedRun, T extends Counted<T>>(
  { run, startedAt, failedPages: retry }: PagedCarry<R, T>,
  tally: T,
  progress: JobProgress,
): PagedCarry<R, T> {
  return {
    run: nextRound(run),
    startedAt,
    retry: [...retry].sort((a, b) => a - b),
    tally,
    failures: [],
    failedPages: [],
    progress: { ...progress, failed: 0, totalFiles: tally.files, totalBytes: tally.bytes },
  };
}

function nextRound<R extends PagedRun>(run: R): R {
  return { ...run, round: (run.round ?? 0) + 1 };
}
