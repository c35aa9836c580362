import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { resumeSignal, resumeUpdate, suspendSignal, suspendUpdate } from '../../workflows/messages.ts';
import type { JobClient } from './job-client.ts';
import { describe } from './find-jobs.ts';
import type { Delivery } from './job.ts';

// An update is answered by a worker; where none is up, a signal waits for one.
const updateWithin = 3000;
const settleWithin = 5000;
const lookEvery = 50;
// PENDING_ACTIVITY_STATE_SCHEDULED
const scheduled: number = 1;

/**
 * Lets a running job start nothing more. Once this resolves nothing new starts: the job has said so, and what it had handed out
 * before has begun, or has waited for a free worker for some seconds. Where no worker is up, the job stops as soon as one is.
 */
export async function suspendJob(jobClient: JobClient, instanceId: string, reason: string): Promise<Delivery> {
  const delivery = await deliver(jobClient, instanceId, { update: suspendUpdate, signal: suspendSignal, reason });
  if (delivery === 'answered') await settled(jobClient, instanceId);
  return delivery === 'ended' ? 'ended' : 'delivered';
}

export async function resumeJob(jobClient: JobClient, instanceId: string, reason: string): Promise<Delivery> {
  const delivery = await deliver(jobClient, instanceId, { update: resumeUpdate, signal: resumeSignal, reason });
  return delivery === 'ended' ? 'ended' : 'delivered';
}

interface Message {
  readonly update: typeof suspendUpdate;
  readonly signal: typeof suspendSignal;
  readonly reason: string;
}

async function deliver(
  jobClient: JobClient,
  instanceId: string,
  message: Message,
): Promise<'answered' | 'left' | 'ended'> {
  const { client, ask, updates } = jobClient;
  const handle = client.workflow.getHandle(instanceId);
  const late = AbortSignal.timeout(updateWithin);
  const until = Date.now() + updateWithin;
  try {
    const delivery = await updates.take(instanceId, late, () => update(client, handle, message, until));
    if (delivery) return delivery;
  } catch (error) {
    // Whose turn does not come in time leaves a signal, as where no worker is up.
    if (!late.aborted) throw error;
  }
  try {
    await ask(() => handle.signal(message.signal, message.reason));
    return 'left';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}

/** Undefined when nobody answered. */
async function update(
  client: Client,
  handle: WorkflowHandle,
  { update: definition, reason }: Message,
  until: number,
): Promise<'answered' | 'ended' | undefined> {
  const options = { args: [reason] as [string] };
  // Where no worker is up the first call takes all the time; one that fails sooner met a server that had to begin a workflow task anew.
  for (; Date.now() < until; await sleep(lookEvery)) {
    try {
      await client.withDeadline(until, () => handle.executeUpdate(definition, options));
      return 'answered';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'ended';
    }
  }
  return undefined;
}

async function settled({ client, ask }: JobClient, instanceId: string): Promise<void> {
  const until = performance.now() + settleWithin;
  while (performance.now() < until) {
    const description = await ask(() => describe(client, instanceId));
    if (!description || !hasUnstarted(description)) return;
    await sleep(lookEvery);
  }
}

// One that failed and waits for its next attempt has begun before.
function hasUnstarted({ raw }: WorkflowExecutionDescription): boolean {
  return (raw.pendingActivities ?? []).some(({ state, attempt }) => Number(state) === scheduled && (attempt ?? 1) <= 1);
}

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
