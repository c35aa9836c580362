import { Connection } from '@temporalio/client';
import { expect } from 'vitest';

/** Waits until the server knows that workers ask for a task queue's workflows: a worker says that it runs a moment before. */
export async function untilPolled(address: string, taskQueue: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const pollers = async () => {
    const asked = { namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType: 1 } as const;
    return (await connection.workflowService.describeTaskQueue(asked)).pollers;
  };
  await expect.poll(pollers, { interval: 20 }).not.toHaveLength(0);
  await connection.close();
}
