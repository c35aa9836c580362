import { progressQuery } from '../../workflows/messages.ts';
import { isGone, type Door } from './door.ts';
import { argumentsOf, createdTime, lastUpdatedTime, runtimeStatus, type Execution } from './execution.ts';
import type { JobResult, JobStatus } from './job.ts';
import { outputOf, partsFailed, resultSoFar } from './result.ts';
import { readShortHistory } from './short-history.ts';

// A query waits for a worker; where none is up, what the job published last has to do.
const queryWithin = 1500;

export interface StatusOptions {
  readonly showInput: boolean;
  /** Whether a running job is asked itself how far it is, once a second at most; else what it published last has to do. */
  readonly live: boolean;
}

/** All that is known of a job; undefined when it was purged meanwhile. */
export async function statusOf(
  door: Door,
  execution: Execution,
  options: StatusOptions,
): Promise<JobStatus | undefined> {
  try {
    return await readStatus(door, execution, options);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function readStatus(door: Door, execution: Execution, { showInput, live }: StatusOptions): Promise<JobStatus> {
  const [[input, result], progress] = await Promise.all([
    valuesOf(door, execution, showInput),
    live ? recentProgressOf(door, execution) : publishedProgress(execution),
  ]);
  return {
    name: execution.type,
    instanceId: execution.workflowId,
    runtimeStatus: runtimeStatus(execution, progress),
    input,
    customStatus: customStatus(progress, result),
    output: result ? outputOf(result) : null,
    createdTime: createdTime(execution),
    lastUpdatedTime: lastUpdatedTime(execution),
    ...(result?.status === 'Failed' && { failure: result.failure }),
  };
}

/** The input, null when it is not wanted, and the result, undefined while there is none. */
async function valuesOf(
  { client, ask }: Door,
  execution: Execution,
  showInput: boolean,
): Promise<[unknown, JobResult | undefined]> {
  const short = showInput ? await ask(() => readShortHistory(client, execution)) : undefined;
  if (short) return [short.input ?? null, short.result];
  const handle = client.workflow.getHandle(execution.workflowId, execution.runId);
  return Promise.all([
    showInput ? ask(() => argumentsOf(client, execution)).then(([input]) => input ?? null) : null,
    ask(() => resultSoFar(handle, execution)),
  ]);
}

/** A running job is asked itself, and one that nobody serves at the moment has published its last milestone. Null when it has none. */
export async function progressOf(door: Door, execution: Execution): Promise<unknown> {
  return (isAskable(execution) ? await askForProgress(door, execution) : undefined) ?? publishedProgress(execution);
}

/** The same, but as the job told anyone within the last second. */
async function recentProgressOf(door: Door, execution: Execution): Promise<unknown> {
  const told = isAskable(execution)
    ? await door.liveProgress.get(execution, () => askForProgress(door, execution))
    : undefined;
  return told ?? publishedProgress(execution);
}

function isAskable(execution: Execution): boolean {
  return execution.status.name === 'RUNNING' && runtimeStatus(execution) !== 'Pending';
}

/** Undefined when nobody answers. */
async function askForProgress({ client }: Door, { workflowId, runId }: Execution): Promise<unknown> {
  const handle = client.workflow.getHandle(workflowId, runId);
  return client.withDeadline(Date.now() + queryWithin, () => handle.query(progressQuery)).catch(() => undefined);
}

function publishedProgress({ memo }: Execution): unknown {
  return memo?.['progress'] ?? null;
}

function customStatus(progress: unknown, result: JobResult | undefined): unknown {
  const failures = result?.status === 'Failed' ? partsFailed(result.failure) : undefined;
  return failures ? { ...(progress as object | null), failures } : progress;
}
