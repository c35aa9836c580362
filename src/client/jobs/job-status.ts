import type { WorkflowExecutionDescription } from '@temporalio/client';
import { progressQuery } from '../../workflows/messages.ts';
import { isGone, type Door } from './door.ts';
import { argumentsOf, createdTime, lastUpdatedTime, runtimeStatus } from './execution.ts';
import type { JobResult, JobStatus } from './job.ts';
import { outputOf, partsFailed, resultSoFar } from './result.ts';

// A query waits for a worker; where none is up, what the job published last has to do.
const queryWithin = 1500;

export interface StatusOptions {
  readonly showInput: boolean;
  /** Whether a running job is asked itself how far it is; else what it published last has to do. */
  readonly live: boolean;
}

/** All that is known of a job; undefined when it was purged meanwhile. */
export async function statusOf(
  door: Door,
  description: WorkflowExecutionDescription,
  options: StatusOptions,
): Promise<JobStatus | undefined> {
  try {
    return await readStatus(door, description, options);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function readStatus(
  door: Door,
  description: WorkflowExecutionDescription,
  { showInput, live }: StatusOptions,
): Promise<JobStatus> {
  const { client, ask } = door;
  const { workflowId, runId } = description;
  const handle = client.workflow.getHandle(workflowId, runId);
  const [input, progress, result] = await Promise.all([
    showInput ? ask(() => argumentsOf(client, description)).then(([first]) => first ?? null) : null,
    live ? progressOf(door, description) : publishedProgress(description),
    ask(() => resultSoFar(handle, description)),
  ]);
  return {
    name: description.type,
    instanceId: workflowId,
    runtimeStatus: runtimeStatus(description, progress),
    input,
    customStatus: customStatus(progress, result),
    output: result ? outputOf(result) : null,
    createdTime: createdTime(description),
    lastUpdatedTime: lastUpdatedTime(description),
    ...(result?.status === 'Failed' && { failure: result.failure }),
  };
}

/** A running job is asked itself, and one that nobody serves at the moment has published its last milestone. Null when it has none. */
export async function progressOf({ client }: Door, description: WorkflowExecutionDescription): Promise<unknown> {
  const { workflowId, runId, status } = description;
  const published = publishedProgress(description);
  if (status.name !== 'RUNNING' || runtimeStatus(description) === 'Pending') return published;
  const handle = client.workflow.getHandle(workflowId, runId);
  return client.withDeadline(Date.now() + queryWithin, () => handle.query(progressQuery)).catch(() => published);
}

function publishedProgress({ memo }: WorkflowExecutionDescription): unknown {
  return memo?.['progress'] ?? null;
}

function customStatus(progress: unknown, result: JobResult | undefined): unknown {
  const failures = result?.status === 'Failed' ? partsFailed(result.failure) : undefined;
  return failures ? { ...(progress as object | null), failures } : progress;
}
