import type { WorkflowExecutionDescription } from '@temporalio/client';
import { isGone, type Door } from './door.ts';
import { runtimeStatus } from './execution.ts';
import { inLanes } from './in-lanes.ts';
import { isEnded, runtimeStatuses, type JobFilter } from './job.ts';
import { findJobs } from './list-jobs.ts';
import { finishedRunsQuery } from './visibility-query.ts';

const pageSize = 100;

/** Deletes all that Temporal keeps of an ended job: its runs, and the instances that had its id before. */
export async function purgeJob(door: Door, description: WorkflowExecutionDescription): Promise<void> {
  const { client, ask } = door;
  const { workflowId, runId } = description;
  const runs = new Set([runId]);
  const older = client.workflow.list({ query: finishedRunsQuery(workflowId) });
  await ask(async () => {
    for await (const run of older) if (run.workflowId === workflowId) runs.add(run.runId);
  });
  await inLanes([...runs], (run) => deleteRun(door, workflowId, run));
  door.forgotten.add(runId);
}

/** As {@link purgeJob}, for every ended job that the filter wants. Returns how many there were. */
export async function purgeJobs(door: Door, filter: JobFilter): Promise<number> {
  const statuses = (filter.statuses ?? runtimeStatuses).filter(isEnded);
  if (statuses.length === 0) return 0;
  let count = 0;
  let token: string | undefined;
  do {
    const page = await findJobs(door, { ...filter, statuses }, pageSize, token);
    const ended = page.found.filter((description) => isEnded(runtimeStatus(description)));
    await inLanes(ended, (description) => purgeJob(door, description));
    count += ended.length;
    token = page.token;
  } while (token !== undefined);
  return count;
}

async function deleteRun({ client, ask }: Door, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  try {
    await ask(() =>
      client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } }),
    );
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
