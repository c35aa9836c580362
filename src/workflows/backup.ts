import { allHandlersFinished, ApplicationFailure, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import {
  maxReportedFailures,
  type BackupInput,
  type BackupProgress,
  type BackupSummary,
  type CommittedRun,
  type FileFailure,
  type Page,
  type Run,
  type Tally,
} from '../shared/contract.ts';
import { failureTypes } from '../shared/failures.ts';
import { addTallies, emptyTally } from '../shared/tally.ts';
import { createBackupActivities, openRun, type BackupActivities } from './backup-activities.ts';
import { copyPage } from './copy-page.ts';
import { failedPages, wholeTree } from './page-source.ts';
import { createProgressReport, type ProgressReport } from './progress-report.ts';
import { copied, sealed, startProgress } from './progress.ts';
import { publishBackup } from './publish.ts';
import { createSuspension, type Suspension } from './suspension.ts';

/** What a backup takes along when it continues as new, between two pages, and what a rewound one starts from. */
export interface BackupCarry extends Held {
  readonly run: Run;
  readonly startedAt: string;
  /** Listed already, to be copied first. */
  readonly page?: Page;
  /** In a later round: the pages of which something had failed, in ascending order. Nothing else is copied then. */
  readonly retry?: readonly number[];
  readonly progress: BackupProgress;
}

/** What the pages so far have come to. */
interface Held {
  /** For progress alone; the result is what the shards say. */
  readonly tally: Tally;
  readonly failures: readonly FileFailure[];
  /** Numbers of the pages of which something failed. */
  readonly failedPages: readonly number[];
}

/**
 * Backs up a directory tree: lists it page by page, copies each page's files side by side while the next page is listed, and commits
 * the manifest. Continues as new between pages when Temporal suggests it. Fails with `BackupIncomplete` when files failed, after
 * everything else was copied and committed; a rewind then copies exactly those and completes the manifest.
 */
export async function backup(input: BackupInput, carry?: BackupCarry): Promise<BackupSummary> {
  return runBackup(input, carry, (next) => continueAsNew<typeof backup>(input, next));
}

/** The original sample's orchestration: the same backup of `root`, returning the bytes alone. */
export async function E2_BackupSiteContent(root: string | null, carry?: BackupCarry): Promise<number> {
  const again = (next: BackupCarry) => continueAsNew<typeof E2_BackupSiteContent>(root, next);
  const summary = await runBackup({ root: (root ?? '').trim() }, carry, again);
  return summary.bytes;
}

async function runBackup(
  input: BackupInput,
  carry: BackupCarry | undefined,
  again: (carry: BackupCarry) => Promise<never>,
): Promise<BackupSummary> {
  let opened = carry?.run;
  const report = createProgressReport(carry?.progress ?? startProgress, (now) => publishBackup(opened, now));
  const suspension = createSuspension(report);
  const begun = carry ?? (await begin(input));
  const { run, startedAt, retry } = begun;
  opened = run;
  const activities = createBackupActivities(run, suspension);
  const pages = retry ? failedPages(retry, activities, report) : wholeTree(activities, report);

  let held: Held = begun;
  let page = begun.page ?? (await pages.first());
  while (page) {
    const next = pages.after(page);
    held = await keepPage(run, page, held, { activities, report, suspension });
    page = await next;
    if (page && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      return again({ ...begun, ...held, page, progress: report.now() });
    }
  }

  report.advance((now) => ({ ...now, phase: 'committing' }));
  const committed = await activities.commitRun({ startedAt, finishedAt: new Date().toISOString() });
  report.milestone((now) => ({ ...sealed(now, committed.tally), phase: 'done' }));
  await condition(allHandlersFinished);
  return complete(committed, held, { run, startedAt, progress: report.now() });
}

async function begin(input: BackupInput): Promise<BackupCarry> {
  const startedAt = workflowInfo().startTime.toISOString();
  const run = await openRun(input, startedAt);
  return { run, startedAt, tally: emptyTally, failures: [], failedPages: [], progress: startProgress };
}

/** Copies a page and seals it into the manifest. */
async function keepPage(
  run: Run,
  page: Page,
  held: Held,
  {
    activities,
    report,
    suspension,
  }: { activities: BackupActivities; report: ProgressReport<BackupProgress>; suspension: Suspension },
): Promise<Held> {
  const onCopied = (result: Parameters<typeof copied>[1]) => report.advance((now) => copied(now, result));
  const gaveUp = await copyPage(run, page, activities, suspension, onCopied);
  const sealedPage = await activities.sealPage(page.number, gaveUp);
  const tally = addTallies(held.tally, sealedPage.tally);
  // In a later round the page's tally counts what earlier rounds copied too.
  if (run.round === undefined) report.milestone((now) => sealed(now, tally));
  return {
    tally,
    failures: [...held.failures, ...sealedPage.failures].slice(0, maxReportedFailures),
    failedPages: sealedPage.tally.failed > 0 ? [...held.failedPages, page.number] : held.failedPages,
  };
}

/** The summary; throws `BackupIncomplete` when files failed, with the summary and what a rewind starts from in its details. */
function complete(
  { manifest, tally }: CommittedRun,
  { failures, failedPages: retry }: Held,
  { run, startedAt, progress }: Pick<BackupCarry, 'run' | 'startedAt' | 'progress'>,
): BackupSummary {
  const { failed, files } = tally;
  const summary = { ...tally, runId: run.id, root: run.root, manifest, complete: failed === 0, failures };
  if (summary.complete) return summary;
  const rewind: BackupCarry = {
    run: { ...run, round: (run.round ?? 0) + 1 },
    startedAt,
    retry,
    tally,
    failures: [],
    failedPages: [],
    progress: { ...progress, phase: 'copying', failed: 0, totalFiles: files, totalBytes: tally.bytes },
  };
  throw ApplicationFailure.create({
    type: failureTypes.backupIncomplete,
    message: `${failed} of ${files + failed} files could not be backed up; the others were. The manifest ${manifest} names each with its reason.`,
    nonRetryable: true,
    details: [summary, rewind],
  });
}
