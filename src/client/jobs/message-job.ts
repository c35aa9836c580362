import { WorkflowNotFoundError } from '@temporalio/client';
import type { JobClient } from './job-client.ts';
import type { Delivery } from './job.ts';

/** Sends an event to a running job. One that it does not wait for stays with it unread. */
export function raiseEvent(
  jobClient: JobClient,
  instanceId: string,
  name: string,
  payload: unknown,
): Promise<Delivery> {
  const handle = jobClient.client.workflow.getHandle(instanceId);
  return delivered(jobClient, () => handle.signal(name, payload));
}

/** Ends a running job at once. Its activities under way are told so and may still complete. */
export function terminateJob(jobClient: JobClient, instanceId: string, reason: string | undefined): Promise<Delivery> {
  const handle = jobClient.client.workflow.getHandle(instanceId);
  return delivered(jobClient, () => handle.terminate(reason));
}

async function delivered({ ask }: JobClient, send: () => Promise<unknown>): Promise<Delivery> {
  try {
    await ask(send);
    return 'delivered';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}
