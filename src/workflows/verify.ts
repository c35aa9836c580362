import { ApplicationFailure, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { CommittedReport } from '../contracts/job.ts';
import { failureTypes } from '../contracts/failures.ts';
import {
  type Verification,
  type VerificationInput,
  type VerificationSummary,
  type VerificationTally,
  emptyVerificationTally,
} from '../contracts/verification.ts';
import { runPages, type PagedCarry, type PagedEnd } from './paged/paged-job.ts';
import { here } from './paged/worker-queue.ts';
import { createProgressReport, published } from './paged/progress-report.ts';
import { startProgress } from './paged/progress.ts';
import { publishPaged } from './paged/publish.ts';
import { resumeReading } from './resume-reading.ts';
import { createSuspension } from './paged/suspension.ts';
import { openVerification, verifyActivities } from './verify-activities.ts';

/** What a verification takes along when it continues as new, and what a rewound one starts from. */
export type VerificationCarry = PagedCarry<Verification, VerificationTally>;

/**
 * Compares what a run's manifest says with what storage holds, file by file. Fails with `VerificationFailed` when something is
 * missing, corrupt or could not be checked, after everything else was; a rewind then looks at those again.
 */
export async function verify(input: VerificationInput, carry?: VerificationCarry): Promise<VerificationSummary> {
  let opened = carry?.run;
  const report = createProgressReport(carry?.progress ?? startProgress, (now) =>
    publishPaged(opened && `run \`${opened.run}\` of \`${opened.root}\``, opened, now),
  );
  const suspension = createSuspension(report);
  await suspension.firstGate();
  const begun = carry ? await resumeReading('verifications', carry, here) : await begin(input);
  opened = begun.run;
  const end = await runPages(begun, {
    activitiesOf: (run) => verifyActivities(run, suspension),
    report,
    suspension,
    phase: 'verifying',
    again: (next) => makeContinueAsNewFunc<typeof verify>(published(next))(input, next),
  });
  return complete(begun.run, end);
}

async function begin(input: VerificationInput): Promise<VerificationCarry> {
  const startedAt = workflowInfo().startTime.toISOString();
  const run = await here.reachFirst((where) => openVerification.executeWithOptions(where, [input, startedAt]));
  return { run, startedAt, tally: emptyVerificationTally, failures: [], failedPages: [], progress: startProgress };
}

/** The summary; throws `VerificationFailed` when there are findings, with the summary and what a rewind starts from in its details. */
function complete(
  { id, run, root, deep }: Verification,
  { committed, failures, rewind }: PagedEnd<Verification, VerificationTally, CommittedReport<VerificationTally>>,
): VerificationSummary {
  const { report, tally } = committed;
  const { missing, corrupt, failed } = tally;
  const complete = failed === 0;
  const summary = { ...tally, verificationId: id, runId: run, root, deep, report, complete, failures };
  if (complete) return summary;
  throw ApplicationFailure.create({
    type: failureTypes.verificationFailed,
    message: `Of ${tally.files} files ${missing} are missing in storage, ${corrupt} are corrupt and ${failed - missing - corrupt} could not be checked. The report ${report} leads to each with its reason.`,
    nonRetryable: true,
    details: [summary, rewind],
  });
}
