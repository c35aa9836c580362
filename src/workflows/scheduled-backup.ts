import {
  ApplicationFailure,
  getExternalWorkflowHandle,
  workflowInfo,
  executeChild,
  ParentClosePolicy,
  sleep,
  proxyActivities,
} from '@temporalio/workflow';
import type { BackupSummary } from '../contracts/backup.ts';
import { failureTypes, type FailureType } from '../contracts/failures.ts';
import { workflowNames } from '../contracts/job.ts';
import type { BackedUp, Notice, Step } from '../contracts/notice.ts';
import {
  watchId,
  type ScheduledBackupInput,
  type ScheduledBackupReport,
  type ScheduledProgress,
  defaultScheduledOptions,
} from '../contracts/scheduled.ts';
import { successSignal } from './messages.ts';
import { createProgressReport, publish, type ProgressReport } from './paged/progress-report.ts';
import { startNotifying } from './notify.ts';
import { caught, stepFailure, type CaughtFailure } from './paged/step-failure.ts';
import { createSuspension, type Suspension } from './paged/suspension.ts';
import { compactTime } from '../lib/units.ts';
import type { backup } from './backup.ts';
import type { Activities } from '../activities/index.ts';
import { checkedOpenOptions } from './paged/activity-options.ts';
import type { prune as pruneWorkflow } from './prune.ts';
import type { verify } from './verify.ts';

/**
 * What a schedule starts: backs a source up, does what follows a backup, and has told whoever wants to know. Each part is a workflow or an
 * activity of its own. Fails with `ScheduledRunFailed` when the backup is not complete or something that follows it failed, after all
 * else was done; its details have the report that a success returns.
 */
export async function scheduledBackup(input: ScheduledBackupInput): Promise<ScheduledBackupReport> {
  const { source, tell } = input;
  const begun: ScheduledProgress = { phase: 'backup', suspended: false };
  const report = createProgressReport(begun, (now) => publishScheduled(source, now));
  const suspension = createSuspension(report);
  const backup = await backUpSource(input, report, suspension);
  if (tell?.missed && backup.outcome === 'complete') await tellWatch(source, backup);
  const steps = await afterBackup(input, backup, report, suspension);

  const why = whyFailed(backup, steps);
  const text = why === undefined ? successText(source, backup) : `the scheduled backup of ${source} failed: ${why}`;
  const notification = await tellOutcome(input, {
    event: why === undefined ? 'success' : 'failure',
    text,
    backup,
    steps,
  });
  report.milestone(({ suspended }) => ({ phase: 'done', suspended }));
  const result = { source, backup, steps, ...(notification !== undefined && { notification }) };
  if (why === undefined) return result;
  throw ApplicationFailure.create({
    type: failureTypes.scheduledRunFailed,
    message: text,
    nonRetryable: true,
    details: [result],
  });
}

/** The instance that tells it; undefined when nobody wants to know. */
function tellOutcome(
  { source, backup, tell, options }: ScheduledBackupInput,
  outcome: Pick<Notice, 'text' | 'backup' | 'steps'> & { readonly event: 'success' | 'failure' },
): Promise<string | undefined> {
  const notice = { source, at: new Date().toISOString(), instanceId: workflowInfo().workflowId, ...outcome };
  const worker = backup.worker;
  const how = { ...(worker !== undefined && { worker }), ...(options && { options }) };
  return startNotifying(notice, tell?.[outcome.event], how);
}

/** It may have been ended, or not been started yet; then nobody waits for the news. */
async function tellWatch(source: string, { runId = '', finishedAt }: BackedUp): Promise<void> {
  try {
    await getExternalWorkflowHandle(watchId(source)).signal(successSignal, { run: runId, finishedAt });
  } catch (error) {
    caught(error);
  }
}

function whyFailed(backup: BackedUp, steps: readonly Step[]): string | undefined {
  const ofSteps = steps.flatMap(({ step, failure }) => (failure ? `${step}: ${failure.message}` : []));
  const all = [...(backup.failure ? [backup.failure.message] : []), ...ofSteps];
  return all.length === 0 ? undefined : all.join('; ');
}

function successText(source: string, { runId, files, bytes }: BackedUp): string {
  return `${source} is backed up: run ${runId}, ${files} files, ${bytes} bytes`;
}

function publishScheduled(source: string, progress: ScheduledProgress): void {
  const { suspended, phase, instanceId } = progress;
  const job = instanceId === undefined ? [] : ['', `- \`${instanceId}\``];
  publish(progress, [`**${suspended ? 'suspended' : phase}** source \`${source}\``, ...job]);
}

const longestPause = 30 * 60_000;
// More are in the manifest.
const failuresTold = 10;
// What ends without anybody's doing here: another backup, a worker that is switched off, storage that is not reached.
const passing: readonly FailureType[] = [
  failureTypes.backupRunning,
  failureTypes.workerUnavailable,
  failureTypes.storageUnavailable,
];

// What a run that has ended, and is no success, fails with.
const ended: Readonly<Record<string, BackedUp['outcome']>> = {
  [failureTypes.backupIncomplete]: 'incomplete',
  [failureTypes.backupSuspect]: 'suspect',
};

/**
 * Backs up a source by a workflow of its own, and says what became of it. While another backup of the directory is under way it waits
 * and begins again: that one began before, and may not have what has changed since. So it does while no worker of the source or no storage
 * is to be had. None begins while the run is suspended.
 */
async function backUpSource(
  { source, backup: input, options }: ScheduledBackupInput,
  report: ProgressReport<ScheduledProgress>,
  { gate }: Suspension,
): Promise<BackedUp> {
  const { busyPause, busyAttempts } = { ...defaultScheduledOptions, ...options };
  const base = `backup-${source}-${compactTime(workflowInfo().startTime.toISOString())}`;
  for (let attempt = 1; ; attempt++) {
    await gate();
    const instanceId = attempt === 1 ? base : `${base}-${attempt}`;
    const startedAt = now();
    report.milestone(({ suspended }) => ({ phase: 'backup', suspended, instanceId }));
    try {
      const summary = await executeChild<typeof backup>(workflowNames.backup, {
        workflowId: instanceId,
        args: [input],
        // Whoever ends the scheduled run means the backup too, which then ends in good order.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `Back up the source ${source}`,
      });
      return { instanceId, outcome: 'complete', startedAt, finishedAt: now(), ...countsOf(summary) };
    } catch (error) {
      const failure = caught(error);
      if (!passing.some((type) => type === failure.type) || attempt > busyAttempts) {
        return { instanceId, startedAt, finishedAt: now(), ...endOf(failure) };
      }
    }
    report.milestone(({ suspended }) => ({ phase: 'waiting', suspended }));
    await sleep(Math.min(busyPause * 2 ** (attempt - 1), longestPause));
  }
}

function endOf(failure: CaughtFailure): Pick<BackedUp, 'outcome' | 'failure'> {
  const told = { failure: stepFailure(failure) };
  if (failure.canceled) return { outcome: 'canceled', ...told };
  const outcome = ended[failure.type];
  if (outcome === undefined) return { outcome: 'failed', ...told };
  return { outcome, ...told, ...countsOf(failure.details[0] as BackupSummary) };
}

function countsOf(summary: BackupSummary): Partial<BackedUp> {
  const { runId, files, bytes, uploadedBytes, failed, failures, suspect } = summary;
  const told = failures.slice(0, failuresTold).map(({ path, reason }) => ({ path, reason }));
  return {
    runId,
    files,
    bytes,
    uploadedBytes,
    failed,
    ...(suspect && { suspect }),
    ...(told.length > 0 && { failures: told }),
  };
}

function now(): string {
  return new Date().toISOString();
}

const { forgetRuns } = proxyActivities<Activities>(checkedOpenOptions);

type Facts = Pick<Step, 'counts'>;

/** Something that follows a backup; `run` gets the id for the job that does it, where it is one. */
interface Planned {
  readonly step: Step['step'];
  readonly job: boolean;
  readonly run: (instanceId: string) => Promise<Facts>;
}

/**
 * Does what a source wants after its backup: forgets, prunes, reads a sample back. Nothing of it after a backup that is not complete, for
 * older runs are worth more then. One that fails does not keep the others from being tried.
 */
async function afterBackup(
  input: ScheduledBackupInput,
  backup: BackedUp,
  report: ProgressReport<ScheduledProgress>,
  { gate }: Suspension,
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const { step, job, run } of plannedSteps(input, backup)) {
    if (backup.outcome !== 'complete') {
      steps.push({ step, outcome: 'skipped' });
      continue;
    }
    await gate();
    const instanceId = `${step}-${input.source}-${compactTime(workflowInfo().startTime.toISOString())}`;
    const named = job ? { instanceId } : {};
    report.milestone(({ suspended }) => ({ phase: step, suspended, ...named }));
    try {
      steps.push({ step, outcome: 'done', ...named, ...(await run(instanceId)) });
    } catch (error) {
      steps.push({ step, outcome: 'failed', ...named, failure: stepFailure(caught(error)) });
    }
  }
  return steps;
}

function plannedSteps(
  { source, backup: { root, prefix }, after = {} }: ScheduledBackupInput,
  backup: BackedUp,
): Planned[] {
  const { forget, prune, sample } = after;
  const below = prefix === undefined ? {} : { prefix };
  const child = { parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL };
  const planned: Planned[] = [];
  if (forget) {
    const run = async () => {
      const { kept, forgotten } = await forgetRuns({ ...below, root, policy: forget });
      return { counts: { kept, forgotten } };
    };
    planned.push({ step: 'forget', job: false, run });
  }
  if (prune === true) {
    const run = async (workflowId: string) => {
      const summary = await executeChild<typeof pruneWorkflow>(workflowNames.prune, {
        ...child,
        workflowId,
        args: [below],
        staticSummary: `Prune after the backup of ${source}`,
      });
      return { counts: numbersOf(summary) };
    };
    planned.push({ step: 'prune', job: true, run });
  }
  if (sample !== undefined) {
    const run = async (workflowId: string) => {
      const summary = await executeChild<typeof verify>(workflowNames.verify, {
        ...child,
        workflowId,
        args: [{ ...below, run: backup.runId ?? '', deep: true, sample }],
        staticSummary: `Verify a sample of ${source}`,
      });
      return { counts: numbersOf(summary) };
    };
    planned.push({ step: 'verify', job: true, run });
  }
  return planned;
}

/** The counts among the members of a summary. */
function numbersOf(summary: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(summary).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
