import type { Client } from '@temporalio/client';
import { isGone, type JobClient } from './job-client.ts';
import { findJob, findJobs } from './find-jobs.ts';
import { runtimeStatus, type Execution } from './execution.ts';
import { inLanes } from '../../lib/in-lanes.ts';
import { isEnded, runtimeStatuses, type JobFilter } from './job.ts';
import { finishedRunsQuery } from './visibility-query.ts';

const pageSize = 100;

/** Deletes all that Temporal keeps of an ended job: its runs, and the instances that had its id before. */
export async function purgeJob(
  jobClient: JobClient,
  execution: Pick<Execution, 'workflowId' | 'runId'>,
): Promise<void> {
  const { client, ask } = jobClient;
  const { workflowId, runId } = execution;
  const runs = new Set([runId]);
  await ask(async () => {
    for await (const run of listIds(client, finishedRunsQuery(workflowId)))
      if (run.workflowId === workflowId) runs.add(run.runId);
  });
  await inLanes([...runs], (run) => deleteRun(jobClient, workflowId, run));
  jobClient.forgotten.add(runId);
}

/** As {@link purgeJob}, for every ended job that the filter wants. Returns how many there were. */
export async function purgeJobs(jobClient: JobClient, filter: JobFilter): Promise<number> {
  const statuses = (filter.statuses ?? runtimeStatuses).filter(isEnded);
  if (statuses.length === 0) return 0;
  let count = 0;
  let token: string | undefined;
  do {
    const page = await findJobs(jobClient, { ...filter, statuses }, pageSize, token);
    const purged = await inLanes(page.found, (execution) => purgeIfEnded(jobClient, execution));
    count += purged.filter(Boolean).length;
    token = page.token;
  } while (token !== undefined);
  return count;
}

// A list lags behind: what has been started again meanwhile must not be deleted.
async function purgeIfEnded(jobClient: JobClient, { workflowId, runId }: Execution): Promise<boolean> {
  const now = await findJob(jobClient, workflowId);
  if (now?.runId !== runId || !isEnded(runtimeStatus(now))) return false;
  await purgeJob(jobClient, now);
  return true;
}

async function deleteRun({ client, ask }: JobClient, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  try {
    await ask(() =>
      client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } }),
    );
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** One execution of a workflow. */
interface ExecutionIds {
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
