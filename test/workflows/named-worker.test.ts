import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { BackupInput, BackupSummary } from '../../src/contracts/backup.ts';
import { type JobProgress, workerQueue } from '../../src/contracts/job.ts';
import { recordHistory } from '../support/record-history.ts';
import { createStandIns, type Plan } from '../support/stand-in-activities.ts';
import { failureOf } from '../support/start-backup.ts';
import { connect, startWorker, type RunningWorker } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

/** A backup whose workflow is served and, until `serve` is called, its worker's name is not. */
async function startOn(input: Omit<BackupInput, 'root'>, plan: Plan = { pages: [3] }) {
  const { activities, seen } = createStandIns(plan);
  const { noteFailedBackup } = activities;
  const { taskQueue, stop } = await startWorker({ noteFailedBackup });
  onTestFinished(stop);
  const serving = new Set<RunningWorker>();
  onTestFinished(() => Promise.all([...serving].map((worker) => worker.stop())).then(() => undefined));
  const serve = async () => {
    const worker = await startWorker(activities, { taskQueue: workerQueue(input.worker ?? '') });
    serving.add(worker);
    return async () => {
      serving.delete(worker);
      await worker.stop();
    };
  };
  const start = () =>
    client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [{ root: '/data', ...input }] });
  return { seen, serve, start };
}

async function progressOf(handle: WorkflowHandle): Promise<JobProgress | undefined> {
  return (await handle.describe()).memo?.['progress'] as JobProgress | undefined;
}

async function untilWaiting(handle: WorkflowHandle, worker: string): Promise<void> {
  await expect.poll(async () => (await progressOf(handle))?.waitingFor).toBe(worker);
}

async function queuesOf(handle: WorkflowHandle): Promise<Set<string | null | undefined>> {
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: event }) => event ?? []);
  expect(scheduled.length).toBeGreaterThan(0);
  return new Set(scheduled.map(({ taskQueue }) => taskQueue?.name));
}

describe('a backup that gives the name of a worker', () => {
  test('runs all its activities where that name is served', async () => {
    const worker = `host-${randomUUID()}`;
    const { serve, start, seen } = await startOn({ worker });
    await serve();
    const handle = await start();
    expect(await handle.result()).toMatchObject({ files: 3, complete: true } satisfies Partial<BackupSummary>);
    expect(await queuesOf(handle)).toEqual(new Set([workerQueue(worker)]));
    expect(seen.committed).toBe(1);
  });

  test('says what it waits for when nobody serves it, and goes on when somebody does', async () => {
    const worker = `host-${randomUUID()}`;
    const { serve, start } = await startOn({ worker, options: { workerTimeout: 60_000 } });
    const handle = await start();
    await untilWaiting(handle, worker);
    await serve();
    expect(await handle.result()).toMatchObject({ files: 3, complete: true });
    expect(await progressOf(handle)).toEqual(expect.not.objectContaining({ waitingFor: worker }));
    await recordHistory(handle, 'backup-worker-late');
  });

  test('fails when nobody does for as long as it may take, and can be started again', async () => {
    const worker = `host-${randomUUID()}`;
    const { serve, start, seen } = await startOn({ worker, options: { workerTimeout: 1000 } });
    const handle = await start();
    const failure = (await failureOf(handle)) as ApplicationFailure;
    expect(failure).toMatchObject({ type: 'WorkerUnavailable', nonRetryable: true });
    expect(failure.message).toContain(`WORKER_NAMES=${worker}`);
    expect(seen.listed).toEqual([]);
    expect(seen.noted).toMatchObject([{ type: 'WorkerUnavailable' }]);
    await recordHistory(handle, 'backup-worker-unavailable');
    await serve();
    expect(await (await start()).result()).toMatchObject({ complete: true });
  });

  test('waits for its worker in the middle of the run, however long, and loses nothing', async () => {
    const worker = `host-${randomUUID()}`;
    const copying = Promise.withResolvers<void>();
    const copied = Promise.withResolvers<void>();
    const copy = async () => {
      copying.resolve();
      await copied.promise;
    };
    const { serve, start, seen } = await startOn({ worker, options: { workerTimeout: 1000 } }, { pages: [1], copy });
    const leave = await serve();
    const handle = await start();
    await copying.promise;
    const left = leave();
    copied.resolve();
    await left;
    await untilWaiting(handle, worker);
    // By now a run that had not been begun would have failed.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await serve();
    expect(await handle.result()).toMatchObject({ files: 1, complete: true });
    expect(seen.sealed).toHaveLength(1);
  });

  test.each([
    [{ worker: 'no spaces' }, /^worker: must be 1 to 64/u],
    [{ worker: '' }, /^worker: /u],
    [{ worker: '.hidden' }, /^worker: /u],
    [{ worker: 'a', options: { workerTimeout: 999 } }, /^options\.workerTimeout: must be a whole number from 1000/u],
  ])('%j is refused', async (input, says) => {
    const { start } = await startOn(input);
    const failure = (await failureOf(await start())) as ApplicationFailure;
    expect(failure.type).toBe('InvalidInput');
    expect(failure.message).toMatch(says);
  });
});
