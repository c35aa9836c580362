import { ApplicationFailure, makeContinueAsNewFunc, patched, sleep, workflowInfo } from '@temporalio/workflow';
import {
  type BackupInput,
  type BackupSummary,
  type CommittedRun,
  type Run,
  type Tally,
  emptyTally,
} from '../contracts/backup.ts';
import type { JobProgress } from '../contracts/job.ts';
import { failureTypes } from '../contracts/failures.ts';
import { isGood, type Suspicion } from '../contracts/suspicion.ts';
import { backupActivities, openRun, reopenRun } from './backup-activities.ts';
import { noteFailure } from './note-failed-backup.ts';
import { runPages, type PagedCarry, type PagedEnd } from './paged/paged-job.ts';
import { chooseQueue, type WorkerQueue } from './paged/worker-queue.ts';
import { createProgressReport, published, type ProgressReport } from './paged/progress-report.ts';
import { noLongerWaiting, startProgress } from './paged/progress.ts';
import { publishPaged } from './paged/publish.ts';
import { caught } from './paged/step-failure.ts';
import { createSuspension } from './paged/suspension.ts';

/** What a backup takes along when it continues as new, and what a rewound one starts from. */
export type BackupCarry = PagedCarry<Run, Tally>;

const firstPause = 1000;
const longestPause = 60_000;

/**
 * Backs up a directory tree: lists it page by page, copies each page's files side by side while the next page is listed, and commits
 * the manifest. Continues as new between pages when Temporal suggests it. Fails with `BackupIncomplete` when files failed, after
 * everything else was copied and committed; a rewind then copies exactly those and completes the manifest. Fails with `BackupSuspect`
 * when it lost more than it may since the last good run, or its root is on another file system.
 */
export async function backup(input: BackupInput, carry?: BackupCarry): Promise<BackupSummary> {
  return runBackup(input, carry, (next) => makeContinueAsNewFunc<typeof backup>(published(next))(input, next));
}

/** The original sample's orchestration: the same backup of `root`, returning the bytes alone. */
export async function E2_BackupSiteContent(root: string | null, carry?: BackupCarry): Promise<number> {
  const again = (next: BackupCarry) => makeContinueAsNewFunc<typeof E2_BackupSiteContent>(published(next))(root, next);
  const summary = await runBackup({ root: (root ?? '').trim() }, carry, again);
  return summary.bytes;
}

async function runBackup(
  input: BackupInput,
  carry: BackupCarry | undefined,
  again: (carry: BackupCarry) => Promise<never>,
): Promise<BackupSummary> {
  let opened = carry?.run;
  const report = createProgressReport(carry?.progress ?? startProgress, (now) =>
    publishPaged(opened && `\`${opened.root}\` → container \`${opened.container}\``, opened, now),
  );
  const suspension = createSuspension(report);
  await suspension.firstGate();
  const queue = chooseQueue(input, report, suspension);
  const activitiesOf = (run: Run) => backupActivities(run, suspension, queue);
  try {
    const begun = carry ? await goOn(carry, queue, report) : await begin(input, queue);
    opened = begun.run;
    return complete(begun.run, await runPages(begun, { activitiesOf, report, suspension, again }));
  } catch (error) {
    // One that was rewound left a manifest, or is told of already.
    if (!carry || workflowInfo().continuedFromExecutionRunId !== undefined) await noteFailure(input, opened, error);
    throw error;
  }
}

async function begin(input: BackupInput, { reachFirst }: WorkerQueue): Promise<BackupCarry> {
  const startedAt = workflowInfo().startTime.toISOString();
  const run = await reachFirst((where) => openRun.executeWithOptions(where, [input, startedAt]));
  return { run, startedAt, tally: emptyTally, failures: [], failedPages: [], progress: startProgress };
}

/** A run that was rewound is opened again, once no prune is at work; one that continues as new has never been closed. */
async function goOn(
  carry: BackupCarry,
  { reachFirst }: WorkerQueue,
  report: ProgressReport<JobProgress>,
): Promise<BackupCarry> {
  const { continuedFromExecutionRunId, startTime } = workflowInfo();
  if (continuedFromExecutionRunId !== undefined || !patched('reopen-run')) return carry;
  const startedAt = startTime.toISOString();
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      const run = await reachFirst((where) => reopenRun.executeWithOptions(where, [carry.run, startedAt]));
      if (report.now().waitingFor !== undefined) report.milestone(noLongerWaiting);
      return { ...carry, run };
    } catch (error) {
      if (caught(error).type !== failureTypes.pruneRunning) throw error;
    }
    report.milestone((now) => ({ ...now, phase: 'waiting', waitingFor: 'a prune' }));
    await sleep(pause);
  }
}

/**
 * The summary; throws `BackupSuspect` when the run is suspect and `BackupIncomplete` when files failed, with the summary and what a rewind
 * starts from in its details.
 */
function complete(run: Run, { committed, failures, rewind }: PagedEnd<Run, Tally, CommittedRun>): BackupSummary {
  const { manifest, tally, warnings, suspect } = committed;
  const { failed, files } = tally;
  const summary = {
    ...tally,
    runId: run.id,
    root: run.root,
    manifest,
    complete: failed === 0,
    ...(suspect && { suspect }),
    ...(warnings && { warnings }),
    failures,
  };
  if (isGood(summary)) return summary;
  const incomplete = `${failed} of ${files + failed} files could not be backed up; the others were. The manifest ${manifest} names each with its reason.`;
  throw ApplicationFailure.create({
    type: suspect ? failureTypes.backupSuspect : failureTypes.backupIncomplete,
    message: [...(suspect ? [whySuspect(run, suspect)] : []), ...(failed > 0 ? [incomplete] : [])].join(' '),
    nonRetryable: true,
    details: [summary, rewind],
  });
}

function whySuspect({ id, root }: Run, { since, reasons }: Suspicion): string {
  return `Run ${id} of ${root} is suspect: ${reasons.join('; ')}. If that is meant, accept it with \`durable-backup accept ${id}\`; if not, look whether ${root} is mounted and whole, and back it up again. Until then run ${since} is the last good one, and no prune deletes anything.`;
}
