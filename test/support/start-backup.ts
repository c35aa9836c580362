import { randomUUID } from 'node:crypto';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { expect, onTestFinished } from 'vitest';
import type { BackupInput } from '../../src/contracts/backup.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';
import { createStandIns, type Plan, type Seen } from './stand-in-activities.ts';
import { startWorker } from './workflow-harness.ts';

export interface StartedBackup {
  readonly handle: WorkflowHandle;
  readonly seen: Seen;
  /** Starts a later round over the same stand-ins. */
  readonly rewind: (carry: BackupCarry) => Promise<WorkflowHandle>;
}

/** Starts a backup over stand-in activities, with a worker that goes with the test. */
export async function startBackup(
  client: Client,
  plan: Plan,
  worker: Partial<WorkerOptions> = {},
): Promise<StartedBackup> {
  const { activities, seen } = createStandIns(plan);
  const { taskQueue, stop } = await startWorker(activities, worker);
  onTestFinished(stop);
  const input: BackupInput = { root: '/data' };
  const start = (...args: unknown[]) => client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args });
  return { handle: await start(input), seen, rewind: (carry) => start(input, carry) };
}

/** What made a workflow end otherwise than well. */
export async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause;
}
