import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { JobClient } from './job-client.ts';
import { historyEvents, type EventDraft } from './history-events.ts';
import { inLanes } from '../../lib/in-lanes.ts';
import { decodePayloads, fetchLarge, type Payloads } from './payloads.ts';

/** An event in the form of Durable Functions. */
export type HistoryEvent = Readonly<Record<string, unknown>>;

export interface HistoryOptions {
  readonly showInput: boolean;
  /** Whether results are there too. */
  readonly showOutput: boolean;
}

/** What happened in the newest run of a job, in the order in which it happened. */
export async function readHistory(
  { client, ask }: JobClient,
  { workflowId, runId }: WorkflowExecutionDescription,
  { showInput, showOutput }: HistoryOptions,
): Promise<HistoryEvent[]> {
  const history = await ask(() => client.workflow.getHandle(workflowId, runId).fetchHistory());
  if (showInput || showOutput) await fetchLarge(client, { history });
  const decode = async (payloads: Payloads): Promise<unknown> => {
    const [value] = await decodePayloads(client, payloads);
    return value ?? null;
  };
  return inLanes(historyEvents(history.events ?? []), async ({ input, result, ...draft }: EventDraft) => ({
    ...draft,
    ...(showInput && input && { Input: await decode(input) }),
    ...(showOutput && result !== undefined && { Result: typeof result === 'string' ? result : await decode(result) }),
  }));
}
