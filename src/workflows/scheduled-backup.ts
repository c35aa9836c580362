import { ApplicationFailure, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { failureTypes } from '../contracts/failures.ts';
import type { BackedUp, Notice, Step } from '../contracts/notice.ts';
import {
  watchId,
  type ScheduledBackupInput,
  type ScheduledBackupReport,
  type ScheduledProgress,
} from '../contracts/scheduled.ts';
import { afterBackup } from './after-backup.ts';
import { backUpSource } from './back-up-source.ts';
import { successSignal } from './messages.ts';
import { createProgressReport } from './paged/progress-report.ts';
import { publishScheduled } from './paged/publish.ts';
import { startNotifying } from './start-notifying.ts';
import { caught } from './paged/step-failure.ts';
import { createSuspension } from './paged/suspension.ts';

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
