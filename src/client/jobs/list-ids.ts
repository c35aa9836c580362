import type { Client } from '@temporalio/client';

/** One execution of a workflow. */
export interface ExecutionIds {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * The ids of the executions that match a query. The client's own list also fetches the memos that are kept in storage, of every execution
 * that Temporal lists: it fails where one is gone, or where this process knows no storage.
 */
export async function* listIds(
  { workflowService, options }: Client,
  query: string,
): AsyncGenerator<ExecutionIds, undefined> {
  const { namespace } = options;
  let nextPageToken: Uint8Array = Buffer.alloc(0);
  do {
    const page = await workflowService.listWorkflowExecutions({ namespace, query, nextPageToken });
    for (const { execution } of page.executions) {
      if (execution?.workflowId && execution.runId) yield { workflowId: execution.workflowId, runId: execution.runId };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return undefined;
}
