import type { Client } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  extstoreInboundOptions,
  visit,
  walkGetWorkflowExecutionHistoryResponse,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';

export type Payloads = readonly temporal.api.common.v1.IPayload[] | null | undefined;

/** An event as Temporal keeps it. */
export type TemporalEvent = temporal.api.history.v1.IHistoryEvent;

/** What payloads of a history hold. Those that are kept elsewhere must have been fetched by {@link fetchLarge}. */
export function decodePayloads({ options }: Client, payloads: Payloads): Promise<unknown[]> {
  return decodeArrayFromPayloads(options.loadedDataConverter, payloads && [...payloads]);
}

/** Puts what is too large for a history in the place of what refers to it. The client does so itself only for results. */
export async function fetchLarge(
  { options }: Client,
  response: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse,
): Promise<void> {
  const { externalStorage } = options.loadedDataConverter;
  await visit(response, walkGetWorkflowExecutionHistoryResponse, extstoreInboundOptions(externalStorage));
}
