import { ApplicationFailure, makeContinueAsNewFunc, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { failureTypes } from '../contracts/failures.ts';
import type { CommittedReport } from '../contracts/job.ts';
import {
  type Restore,
  type RestoreInput,
  type RestoreSummary,
  type RestoreTally,
  emptyRestoreTally,
} from '../contracts/restore.ts';
import { checkedOpenOptions } from './paged/activity-options.ts';
import type { PagedCarry } from './paged/carry.ts';
import { runPagedJob, type PagedEnd, type PagedWorkflow } from './paged/paged-job.ts';
import { published } from './paged/progress-report.ts';
import { resumeReading } from './resume-reading.ts';

const { openRestore } = proxyActivities<Activities>(checkedOpenOptions);

type Committed = CommittedReport<RestoreTally>;

const restoration: PagedWorkflow<RestoreInput, Restore, RestoreTally, Committed, RestoreSummary> = {
  phase: 'restoring',
  callsOf: (recording, copying) => ({
    list: recording.listRestore,
    listFailed: recording.listUnrestored,
    copy: () => copying.restoreFiles,
    seal: recording.sealRestorePage,
    commit: recording.commitRestore,
  }),
  emptyTally: emptyRestoreTally,
  about: ({ run, root, target }) => `run \`${run}\` of \`${root}\` → \`${target}\``,
  open: async (input, startedAt, { reachFirst }) => ({
    run: await reachFirst((where) => openRestore.executeWithOptions(where, [input, startedAt])),
  }),
  reopen: (run, _startedAt, { workers }) => resumeReading('restores', run, workers),
  complete,
};

/**
 * Brings back what a run holds: page by page of its manifest, each page's files side by side, and last what concerns directories and
 * what is to be deleted. Fails with `RestoreIncomplete` when files failed, after everything else was restored; a rewind then restores
 * exactly those.
 */
export function restore(input: RestoreInput, carry?: PagedCarry<Restore, RestoreTally>): Promise<RestoreSummary> {
  return runPagedJob(restoration, input, carry, (next) =>
    makeContinueAsNewFunc<typeof restore>(published(next))(input, next),
  );
}

/** The summary; throws `RestoreIncomplete` when files failed, with the summary and what a rewind starts from in its details. */
function complete(
  { id, run, root, target, dryRun, needsForce }: Restore,
  { committed, failures, rewind }: PagedEnd<Restore, RestoreTally, Committed>,
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

/** Folders and symlinks may fail too, so these are no share of the files. */
function whatFailed({ failed, undeleted }: RestoreTally): string {
  const restoring = failed - undeleted;
  const parts = [
    ...(restoring > 0 ? [`${restoring} ${restoring === 1 ? 'path' : 'paths'} could not be restored`] : []),
    ...(undeleted > 0 ? [`${undeleted} ${undeleted === 1 ? 'path' : 'paths'} could not be deleted`] : []),
  ];
  return parts.join(' and ');
}
