import type { Client } from '@temporalio/client';
import type { Execution } from './execution.ts';
import type { JobResult } from './job.ts';
import { decodePayloads, fetchLarge } from './payloads.ts';
import { resultIn, type HistoryEvent } from './result.ts';

// Small enough that reading what happened between start and end costs less than a second call; Temporal gives 256 events at once.
const maxBytes = 64 * 1024;
const maxEvents = 200;

/** The first argument and the result of an ended execution by one call; undefined when its history is too long for that. */
export async function readShortHistory(
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

async function readEnds(client: Client, { workflowId, runId }: Execution): Promise<HistoryEvent[]> {
  const { namespace } = client.options;
  const execution = { workflowId, runId };
  const { history } = await client.workflowService.getWorkflowExecutionHistory({ namespace, execution });
  const events = history?.events ?? [];
  return [...events.slice(0, 1), ...events.slice(-1)];
}
