import type { WorkflowExecutionDescription } from '@temporalio/client';
import { freshCarry, type OrderItem } from '../../contracts/orders.ts';
import { workflowNames } from '../../contracts/job.ts';
import { failureTypes } from '../../contracts/failures.ts';
import type { JobClient } from './job-client.ts';
import { argumentsOf } from './execution.ts';
import type { JobFailure } from './job.ts';
import { resultOf } from './result.ts';
import { startJob } from './start-job.ts';

/** Starts a job like this one: the same name and input, under its id or a new one. Throws `JobExistsError`. */
export async function restartJob(
  jobClient: JobClient,
  description: WorkflowExecutionDescription,
  { newId }: { newId: boolean },
): Promise<string> {
  const [input] = await jobClient.ask(() => argumentsOf(jobClient.client, description));
  const summary = (await description.staticSummary()) ?? description.type;
  return startJob(jobClient, description.type, [input ?? null], {
    ...(!newId && { instanceId: description.workflowId, memo: keptOf(description) }),
    summary,
  });
}

/**
 * Runs a failed job again under its id, and of it only what failed. `unsupported` when nothing keeps what was done. Throws
 * `JobExistsError` when it does not stand as failed any more.
 */
export async function rewindJob(
  jobClient: JobClient,
  description: WorkflowExecutionDescription,
): Promise<'started' | 'unsupported'> {
  const { client, ask } = jobClient;
  const { workflowId, runId } = description;
  const result = await ask(() => resultOf(client.workflow.getHandle(workflowId, runId)));
  const args = await ask(() => argumentsOf(client, description));
  const again = result.status === 'Failed' ? argumentsAgain(description, args, result.failure) : args;
  if (!again) return 'unsupported';
  const summary = (await description.staticSummary()) ?? description.type;
  const memo = keptOf(description);
  await startJob(jobClient, description.type, again, { instanceId: workflowId, summary, memo, afterFailure: true });
  return 'started';
}

/** What was kept with the instance when it was started: it is the same one to callers, such as those who repeat that start. */
function keptOf({ memo = {} }: WorkflowExecutionDescription): Readonly<Record<string, unknown>> {
  const { progress: _ofTheOldRun, ...kept } = memo;
  return kept;
}

/** Failures whose second detail is what a rewind starts from. */
const keepsCarry: readonly string[] = [
  failureTypes.batchIncomplete,
  failureTypes.backupIncomplete,
  failureTypes.backupSuspect,
  failureTypes.restoreIncomplete,
  failureTypes.verificationFailed,
];

const batches: readonly string[] = [workflowNames.processBatch, workflowNames.processBatchOrchestrator];

function argumentsAgain(
  { type, raw }: WorkflowExecutionDescription,
  args: readonly unknown[],
  failure: JobFailure,
): readonly unknown[] | undefined {
  const [input, carry] = args;
  if (keepsCarry.includes(failure.type)) {
    const [, rewind] = failure.details;
    return rewind === undefined ? undefined : [input, rewind];
  }
  if (!batches.includes(type) || !Array.isArray(input) || carry !== undefined) return args;
  // What the inventory reserved is kept under the batch's own name: under another it would be reserved once more.
  return [input, freshCarry(raw.workflowExecutionInfo?.firstRunId ?? '', input as OrderItem[])];
}
