import { allHandlersFinished, ApplicationFailure, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import {
  maxReportedFailures,
  type BackupInput,
  type BackupProgress,
  type BackupSummary,
  type FileFailure,
  type Page,
  type Run,
  type Tally,
} from '../shared/contract.ts';
import { failureTypes } from '../shared/failures.ts';
import { addTallies, emptyTally } from '../shared/tally.ts';
import { createBackupActivities, openRun, type BackupActivities } from './backup-activities.ts';
import { copyPage } from './copy-page.ts';
import { createProgressReport, type ProgressReport } from './progress-report.ts';
import { copied, pageListed, sealed, startProgress } from './progress.ts';
import { publishBackup } from './publish.ts';
import { createSuspension, type Suspension } from './suspension.ts';

/** What a backup takes along when it continues as new, between two pages. */
export interface BackupCarry {
  readonly run: Run;
  readonly startedAt: string;
  /** Listed already, to be copied first. */
  readonly page: Page;
  readonly tally: Tally;
  readonly failures: readonly FileFailure[];
  readonly progress: BackupProgress;
}

/**
 * Backs up a directory tree: lists it page by page, copies each page's files side by side while the next page is listed, and commits
 * the manifest. Continues as new between pages when Temporal suggests it. Fails with `BackupIncomplete` when files failed, after
 * everything else was copied and committed.
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
  const { run, startedAt, ...begun } = carry ?? (await beginRun(input));
  opened = run;
  const activities = createBackupActivities(run, suspension);

  let held: Held = begun;
  let page: Page | undefined = begun.page ?? (await listPage(activities, report));
  while (page) {
    const next = listAhead(activities, report, page);
    held = await keepPage(run, page, held, { activities, report, suspension });
    page = await next;
    if (page && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      return again({ ...held, run, startedAt, page, progress: report.now() });
    }
  }

  report.advance((now) => ({ ...now, phase: 'committing' }));
  const manifest = await activities.commitRun(held.tally, { startedAt, finishedAt: new Date().toISOString() });
  report.milestone((now) => ({ ...now, phase: 'done' }));
  await condition(allHandlersFinished);
  return complete(run, held, manifest);
}

async function beginRun(input: BackupInput): Promise<Omit<BackupCarry, 'page' | 'progress'> & { page?: Page }> {
  const startedAt = workflowInfo().startTime.toISOString();
  return { run: await openRun(input, startedAt), startedAt, tally: emptyTally, failures: [] };
}

/** What the pages so far have come to. */
type Held = Pick<BackupCarry, 'tally' | 'failures'>;

async function listPage(
  activities: BackupActivities,
  report: ProgressReport<BackupProgress>,
  previous?: Page,
): Promise<Page> {
  const number = previous === undefined ? 0 : previous.number + 1;
  const page = await activities.listFiles(number, previous?.cursor);
  report.milestone((now) => pageListed(now, page));
  return page;
}

/** The page after `page`, listed while that one is copied; undefined after the last. */
function listAhead(
  activities: BackupActivities,
  report: ProgressReport<BackupProgress>,
  page: Page,
): Promise<Page> | undefined {
  if (page.cursor === undefined) return undefined;
  const next = listPage(activities, report, page);
  // It is awaited only when the copies are done; until then a failure must not count as nobody's.
  next.catch(() => undefined);
  return next;
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
  report.milestone((now) => sealed(now, tally));
  return { tally, failures: [...held.failures, ...sealedPage.failures].slice(0, maxReportedFailures) };
}

/** The summary; throws `BackupIncomplete` with the summary in its details when files failed. */
function complete(run: Run, { tally, failures }: Held, manifest: string): BackupSummary {
  const { failed, files } = tally;
  const summary = { ...tally, runId: run.id, root: run.root, manifest, complete: failed === 0, failures };
  if (summary.complete) return summary;
  throw ApplicationFailure.create({
    type: failureTypes.backupIncomplete,
    message: `${failed} of ${files + failed} files could not be backed up; the others were. The manifest ${manifest} names each with its reason.`,
    nonRetryable: true,
    details: [summary],
  });
}
