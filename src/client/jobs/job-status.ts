import type { Client } from '@temporalio/client';
import { isGone, type JobClient } from './job-client.ts';
import { argumentsOf, createdTime, lastUpdatedTime, runtimeStatus, type Execution } from './execution.ts';
import type { JobResult, JobStatus } from './job.ts';
import { outputOf, partsFailed, resultSoFar, resultIn } from './result.ts';
import { decodePayloads, fetchLarge, type TemporalEvent } from './payloads.ts';

interface StatusOptions {
  readonly showInput: boolean;
}

/** All that is known of a job; undefined when it was purged meanwhile. */
export async function statusOf(
  jobClient: JobClient,
  execution: Execution,
  options: StatusOptions,
): Promise<JobStatus | undefined> {
  try {
    return await readStatus(jobClient, execution, options);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function readStatus(
  jobClient: JobClient,
  execution: Execution,
  { showInput }: StatusOptions,
): Promise<JobStatus> {
  const [[input, result], progress] = await Promise.all([
    valuesOf(jobClient, execution, showInput),
    jobClient.liveProgress.of(jobClient.client, execution),
  ]);
  return {
    name: execution.type,
    instanceId: execution.workflowId,
    runtimeStatus: runtimeStatus(execution),
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
  { client, ask }: JobClient,
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

function customStatus(progress: unknown, result: JobResult | undefined): unknown {
  const failures = result?.status === 'Failed' ? partsFailed(result.failure) : undefined;
  return failures ? { ...(progress as object | null), failures } : progress;
}

// Small enough that reading what happened between start and end costs less than a second call; Temporal gives 256 events at once.
const maxBytes = 64 * 1024;
const maxEvents = 200;

/** The first argument and the result of an ended execution by one call; undefined when its history is too long for that. */
async function readShortHistory(
  client: Client,
  execution: Execution,
): Promise<{ input: unknown; result: JobResult } | undefined> {
  const { closeTime, historyLength, historySize = Infinity } = execution;
  if (!closeTime || historyLength > maxEvents || historySize > maxBytes) return undefined;
  const ends = await readEnds(client, execution);
  await fetchLarge(client, { history: { events: ends } });
  const [first, last] = ends;
  const [input] = await decodePayloads(client, first?.workflowExecutionStartedEventAttributes?.input?.payloads);
  const result = last && (await resultIn(client, last));
  return result && { input, result };
}

async function readEnds(client: Client, { workflowId, runId }: Execution): Promise<TemporalEvent[]> {
  const { namespace } = client.options;
  const execution = { workflowId, runId };
  const { history } = await client.workflowService.getWorkflowExecutionHistory({ namespace, execution });
  const events = history?.events ?? [];
  return [...events.slice(0, 1), ...events.slice(-1)];
}
