import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

/** Waits until the server knows that workers ask for a task queue's workflows: a worker says that it runs a moment before. */
export async function untilPolled(address: string, taskQueue: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const asked = { namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType: 1 } as const;
  try {
    while ((await connection.workflowService.describeTaskQueue(asked)).pollers.length === 0) await sleep(20);
  } finally {
    await connection.close();
  }
}
