import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  isCancellation,
  makeContinueAsNewFunc,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  type BackupInput,
  type BackupSummary,
  type CommittedRun,
  type FailedBackup,
  type Run,
  type Tally,
  canceledBackup,
  emptyTally,
} from '../contracts/backup.ts';
import { failureTypes } from '../contracts/failures.ts';
import { isGood, type Suspicion } from '../contracts/suspicion.ts';
import { openOptions } from './paged/activity-options.ts';
import type { PagedCarry } from './paged/carry.ts';
import { runPagedJob, type PagedEnd, type PagedWorkflow } from './paged/paged-job.ts';
import { published } from './paged/progress-report.ts';
import { noLongerWaiting } from './paged/progress.ts';
import { caught } from './paged/step-failure.ts';

/** What a backup takes along when it continues as new, and what a rewound one starts from. */
export type BackupCarry = PagedCarry<Run, Tally>;

const { openRun, reopenRun } = proxyActivities<Activities>(openOptions);
// The end itself is not held up for long where no worker takes the note, or storage does not.
const { noteFailedBackup } = proxyActivities<Activities>({
  ...openOptions,
  scheduleToStartTimeout: '10s',
  scheduleToCloseTimeout: '30s',
});

const firstPause = 1000;
const longestPause = 60_000;

const backups: PagedWorkflow<BackupInput, Run, Tally, CommittedRun, BackupSummary> = {
  phase: 'copying',
  callsOf: (recording, copying) => ({
    list: recording.listFiles,
    listFailed: recording.listFailed,
    copy: ({ label }) => (label === undefined ? copying.copyFiles : copying.copyFile),
    seal: recording.sealPage,
    commit: recording.commitRun,
  }),
  emptyTally,
  about: ({ root, container }) => `\`${root}\` → container \`${container}\``,
  open: (input, startedAt, { reachFirst }) =>
    reachFirst((where) => openRun.executeWithOptions(where, [input, startedAt])),
  reopen,
  complete,
  // One that was rewound left a manifest, or is told of already.
  onFailure: noteFailure,
};

/**
 * Backs up a directory tree: lists it page by page, copies each page's files side by side while the next page is listed, and commits
 * the manifest. Continues as new between pages when Temporal suggests it. Fails with `BackupIncomplete` when files failed, after
 * everything else was copied and committed; a rewind then copies exactly those and completes the manifest. Fails with `BackupSuspect`
 * when it lost more than it may since the last good run, or its root is on another file system.
 */
export async function backup(input: BackupInput, carry?: BackupCarry): Promise<BackupSummary> {
  return runPagedJob(backups, input, carry, (next) =>
    makeContinueAsNewFunc<typeof backup>(published(next))(input, next),
  );
}

/** The original sample's orchestration: the same backup of `root`, returning the bytes alone. */
export async function E2_BackupSiteContent(root: string | null, carry?: BackupCarry): Promise<number> {
  const again = (next: BackupCarry) => makeContinueAsNewFunc<typeof E2_BackupSiteContent>(published(next))(root, next);
  const summary = await runPagedJob(backups, { root: (root ?? '').trim() }, carry, again);
  return summary.bytes;
}

/** Once no prune is at work. */
async function reopen(
  run: Run,
  startedAt: string,
  { workers: { reachFirst }, report }: Parameters<(typeof backups)['reopen']>[2],
): Promise<Run> {
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      const reopened = await reachFirst((where) => reopenRun.executeWithOptions(where, [run, startedAt]));
      if (report.now().waitingFor !== undefined) report.milestone(noLongerWaiting);
      return reopened;
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

// These left a manifest, or tell nothing of the directory: a mistake of the caller, another backup that is under way.
const untold: readonly string[] = [
  failureTypes.backupIncomplete,
  failureTypes.backupSuspect,
  failureTypes.backupRunning,
  failureTypes.invalidInput,
  // Nothing could be noted there either.
  failureTypes.storageUnavailable,
  failureTypes.storageRefused,
];

/** Has it kept in storage why a backup failed that left no manifest. Throws on what was thrown where the backup did not fail. */
async function noteFailure(input: BackupInput, run: Run | undefined, error: unknown): Promise<void> {
  if (error instanceof ContinueAsNew) return;
  if (isCancellation(error) && CancellationScope.current().consideredCancelled) return noteStopped(run);
  const { type, message, canceled } = caught(error);
  if (canceled || untold.includes(type)) return;
  const { root, prefix } = run ?? input;
  await note({ root, ...(prefix !== undefined && { prefix }) }, { ...(run && { run: run.id }), type, message });
}

/** Has it kept when somebody stopped a run, so that nobody has to wait for its end. */
async function noteStopped(run: Run | undefined): Promise<void> {
  if (!run) return;
  const { id, root, prefix } = run;
  const stopped = { run: id, type: canceledBackup, message: 'it was stopped before its end' };
  await CancellationScope.nonCancellable(() => note({ root, prefix }, stopped));
}

async function note(
  directory: Pick<BackupInput, 'root' | 'prefix'>,
  failure: Pick<FailedBackup, 'run' | 'type' | 'message'>,
): Promise<void> {
  const scheduled = workflowInfo().parent !== undefined;
  const at = new Date().toISOString();
  try {
    await noteFailedBackup(directory, { at, ...failure, scheduled });
  } catch (other) {
    // The backup's own failure is what matters.
    caught(other);
  }
}
