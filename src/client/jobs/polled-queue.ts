import { workerQueue } from '../../contracts/job.ts';
import type { JobClient } from './job-client.ts';

/** Whether workers have lately asked for workflows on the jobClient's task queue. */
export function pollsWorkflows(jobClient: JobClient): Promise<boolean> {
  return isPolled(jobClient, jobClient.taskQueue, workflowTasks);
}

/** Whether workers have lately asked for activities that only workers of a name run. */
export function pollsWorkerQueue(jobClient: JobClient, name: string): Promise<boolean> {
  return isPolled(jobClient, workerQueue(name), activityTasks);
}

/**
 * How many tasks of the jobClient's task queue, workflows' and activities', wait for a worker; about, and 0 where the server does not say.
 * The signal takes the question back: one that is open when the connection is closed would be asked again of no connection.
 */
export async function waitingTasks({ client, taskQueue, ask }: JobClient, signal: AbortSignal): Promise<number> {
  const { namespace } = client.options;
  const waiting = async (taskQueueType: 1 | 2) => {
    const described = { namespace, taskQueue: { name: taskQueue }, taskQueueType, reportStats: true };
    const { stats } = await ask(() =>
      client.withAbortSignal(signal, () => client.workflowService.describeTaskQueue(described)),
    );
    return Number(stats?.approximateBacklogCount ?? 0);
  };
  const [workflows, activities] = await Promise.all([waiting(workflowTasks), waiting(activityTasks)]);
  return workflows + activities;
}

// TASK_QUEUE_TYPE_WORKFLOW and TASK_QUEUE_TYPE_ACTIVITY
const workflowTasks = 1;
const activityTasks = 2;

async function isPolled({ client, ask }: JobClient, name: string, taskQueueType: 1 | 2): Promise<boolean> {
  const { namespace } = client.options;
  const { pollers } = await ask(() =>
    client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
  );
  return pollers.length > 0;
}
