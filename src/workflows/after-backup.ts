import { executeChild, ParentClosePolicy, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { compactTime } from '../lib/units.ts';
import { workflowNames } from '../contracts/job.ts';
import type { BackedUp, Step } from '../contracts/notice.ts';
import type { ScheduledBackupInput, ScheduledProgress } from '../contracts/scheduled.ts';
import { checkedOpenOptions } from './paged/activity-options.ts';
import type { ProgressReport } from './paged/progress-report.ts';
import type { prune as pruneWorkflow } from './prune.ts';
import { caught, stepFailure } from './paged/step-failure.ts';
import type { Suspension } from './paged/suspension.ts';
import type { verify } from './verify.ts';

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
export async function afterBackup(
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
