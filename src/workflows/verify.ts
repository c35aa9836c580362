import { ApplicationFailure, makeContinueAsNewFunc, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { failureTypes } from '../contracts/failures.ts';
import type { CommittedReport } from '../contracts/job.ts';
import {
  type Verification,
  type VerificationInput,
  type VerificationSummary,
  type VerificationTally,
  emptyVerificationTally,
} from '../contracts/verification.ts';
import { checkedOpenOptions } from './paged/activity-options.ts';
import type { PagedCarry } from './paged/carry.ts';
import { runPagedJob, type PagedEnd, type PagedWorkflow } from './paged/paged-job.ts';
import { published } from './paged/progress-report.ts';
import { resumeReading } from './resume-reading.ts';

const { openVerification } = proxyActivities<Activities>(checkedOpenOptions);

type Committed = CommittedReport<VerificationTally>;

const verification: PagedWorkflow<VerificationInput, Verification, VerificationTally, Committed, VerificationSummary> =
  {
    phase: 'verifying',
    callsOf: (recording, copying) => ({
      list: recording.listVerification,
      listFailed: recording.listUnverified,
      copy: () => copying.verifyFiles,
      seal: recording.sealVerificationPage,
      commit: recording.commitVerification,
    }),
    emptyTally: emptyVerificationTally,
    about: ({ run, root }) => `run \`${run}\` of \`${root}\``,
    open: async (input, startedAt, { reachFirst }) => ({
      run: await reachFirst((where) => openVerification.executeWithOptions(where, [input, startedAt])),
    }),
    reopen: (run, _startedAt, { workers }) => resumeReading('verifications', run, workers),
    complete,
  };

/**
 * Compares what a run's manifest says with what storage holds, file by file. Fails with `VerificationFailed` when something is
 * missing, corrupt or could not be checked, after everything else was; a rewind then looks at those again.
 */
export function verify(
  input: VerificationInput,
  carry?: PagedCarry<Verification, VerificationTally>,
): Promise<VerificationSummary> {
  return runPagedJob(verification, input, carry, (next) =>
    makeContinueAsNewFunc<typeof verify>(published(next))(input, next),
  );
}

/** The summary; throws `VerificationFailed` when there are findings, with the summary and what a rewind starts from in its details. */
function complete(
  { id, run, root, deep }: Verification,
  { committed, failures, rewind }: PagedEnd<Verification, VerificationTally, Committed>,
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
