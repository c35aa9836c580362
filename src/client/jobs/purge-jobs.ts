import { isGone, type Door } from './door.ts';
import { findJob, runtimeStatus, type Execution } from './execution.ts';
import { inLanes } from './in-lanes.ts';
import { isEnded, runtimeStatuses, type JobFilter } from './job.ts';
import { findJobs } from './find-jobs.ts';
import { listIds } from './list-ids.ts';
import { finishedRunsQuery } from './visibility-query.ts';

const pageSize = 100;

/** Deletes all that Temporal keeps of an ended job: its runs, and the instances that had its id before. */
export async function purgeJob(door: Door, execution: Pick<Execution, 'workflowId' | 'runId'>): Promise<void> {
  const { client, ask } = door;
  const { workflowId, runId } = execution;
  const runs = new Set([runId]);
  await ask(async () => {
    for await (const run of listIds(client, finishedRunsQuery(workflowId)))
      if (run.workflowId === workflowId) runs.add(run.runId);
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
    const purged = await inLanes(page.found, (execution) => purgeIfEnded(door, execution));
    count += purged.filter(Boolean).length;
    token = page.token;
  } while (token !== undefined);
  return count;
}

// A list lags behind: what has been started again meanwhile must not be deleted.
async function purgeIfEnded(door: Door, { workflowId, runId }: Execution): Promise<boolean> {
  const now = await findJob(door, workflowId);
  if (now?.runId !== runId || !isEnded(runtimeStatus(now))) return false;
  await purgeJob(door, now);
  return true;
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
