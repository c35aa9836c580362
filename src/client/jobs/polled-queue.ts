import { sourceQueue } from '../../shared/source.ts';
import type { Door } from './door.ts';

/** Whether workers have lately asked for workflows on the door's task queue. */
export function pollsWorkflows(door: Door): Promise<boolean> {
  return isPolled(door, door.taskQueue, workflowTasks);
}

/** Whether workers have lately asked for activities where the files of a source are. */
export function pollsSource(door: Door, source: string): Promise<boolean> {
  return isPolled(door, sourceQueue(source), activityTasks);
}

// TASK_QUEUE_TYPE_WORKFLOW and TASK_QUEUE_TYPE_ACTIVITY
const workflowTasks = 1;
const activityTasks = 2;

async function isPolled({ client, ask }: Door, name: string, taskQueueType: 1 | 2): Promise<boolean> {
  const { namespace } = client.options;
  const { pollers } = await ask(() =>
    client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
  );
  return pollers.length > 0;
}
