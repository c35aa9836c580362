import { randomUUID } from 'node:crypto';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { expect, onTestFinished } from 'vitest';
import type { BackupInput } from '../../src/shared/contract.ts';
import { createStandIns, type Plan, type Seen } from './stand-in-activities.ts';
import { startWorker } from './workflow-harness.ts';

/** Starts a backup over stand-in activities, with a worker that goes with the test. */
export async function startBackup(client: Client, plan: Plan): Promise<{ handle: WorkflowHandle; seen: Seen }> {
  const { activities, seen } = createStandIns(plan);
  const worker = await startWorker(activities);
  onTestFinished(() => worker.stop());
  const input: BackupInput = { root: '/data' };
  const settings = { taskQueue: worker.taskQueue, workflowId: randomUUID(), args: [input] };
  return { handle: await client.workflow.start('backup', settings), seen };
}

/** What made a workflow end otherwise than well. */
export async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause;
}
