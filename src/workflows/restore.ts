import { ApplicationFailure, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { CommittedReport } from '../contracts/job.ts';
import { failureTypes } from '../contracts/failures.ts';
import {
  type Restore,
  type RestoreInput,
  type RestoreSummary,
  type RestoreTally,
  emptyRestoreTally,
} from '../contracts/restore.ts';
import { runPages, type PagedCarry, type PagedEnd } from './paged/paged-job.ts';
import { chooseQueue, type WorkerQueue } from './paged/worker-queue.ts';
import { createProgressReport, published } from './paged/progress-report.ts';
import { startProgress } from './paged/progress.ts';
import { publishPaged } from './paged/publish.ts';
import { openRestore, restoreActivities } from './restore-activities.ts';
import { resumeReading } from './resume-reading.ts';
import { createSuspension } from './paged/suspension.ts';

/** What a restore takes along when it continues as new, and what a rewound one starts from. */
export type RestoreCarry = PagedCarry<Restore, RestoreTally>;

/**
 * Brings back what a run holds: page by page of its manifest, each page's files side by side, and last what concerns directories and
 * what is to be deleted. Fails with `RestoreIncomplete` when files failed, after everything else was restored; a rewind then restores
 * exactly those.
 */
export async function restore(input: RestoreInput, carry?: RestoreCarry): Promise<RestoreSummary> {
  let opened = carry?.run;
  const report = createProgressReport(carry?.progress ?? startProgress, (now) =>
    publishPaged(opened && `run \`${opened.run}\` of \`${opened.root}\` → \`${opened.target}\``, opened, now),
  );
  const suspension = createSuspension(report);
  await suspension.firstGate();
  const queue = chooseQueue(input, report, suspension);
  const begun = carry ? await resumeReading('restores', carry, queue) : await begin(input, queue);
  opened = begun.run;
  const end = await runPages(begun, {
    activitiesOf: (run) => restoreActivities(run, suspension, queue),
    report,
    suspension,
    phase: 'restoring',
    again: (next) => makeContinueAsNewFunc<typeof restore>(published(next))(input, next),
  });
  return complete(begun.run, end);
}

async function begin(input: RestoreInput, { reachFirst }: WorkerQueue): Promise<RestoreCarry> {
  const startedAt = workflowInfo().startTime.toISOString();
  const run = await reachFirst((where) => openRestore.executeWithOptions(where, [input, startedAt]));
  return { run, startedAt, tally: emptyRestoreTally, failures: [], failedPages: [], progress: startProgress };
}

/** The summary; throws `RestoreIncomplete` when files failed, with the summary and what a rewind starts from in its details. */
function complete(
  { id, run, root, target, dryRun, needsForce }: Restore,
  { committed, failures, rewind }: PagedEnd<Restore, RestoreTally, CommittedReport<RestoreTally>>,
): RestoreSummary {
  const { report, tally } = committed;
  const complete = tally.failed === 0;
  const ids = { restoreId: id, runId: run, root, target, dryRun, ...(needsForce && { needsForce }) };
  const summary = { ...tally, ...ids, report, complete, failures };
  if (complete) return summary;
  throw ApplicationFailure.create({
    type: failureTypes.restoreIncomplete,
    message: `${whatFailed(tally)}; all else was done. The report ${report} leads to each with its reason.`,
    nonRetryable: true,
    details: [summary, rewind],
  });
}

/** Folders and symlinks may fail too, so these are no share of the files. A worker of an earlier version counts no deletions apart. */
function whatFailed({ failed, undeleted = 0 }: Partial<RestoreTally> & Pick<RestoreTally, 'failed'>): string {
  const restoring = failed - undeleted;
  const parts = [
    ...(restoring > 0 ? [`${restoring} ${restoring === 1 ? 'path' : 'paths'} could not be restored`] : []),
    ...(undeleted > 0 ? [`${undeleted} ${undeleted === 1 ? 'path' : 'paths'} could not be deleted`] : []),
  ];
  return parts.join(' and ');
}
