import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ExternalStorageNotConfiguredError } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { largeMessageFailures } from '../../../src/storage/large-messages/failures.ts';
import { installQuietRuntime, type RunningWorker } from '../../support/workflow-harness.ts';
import * as workflows from './echo-workflows.ts';
import {
  blobNames,
  kilobyte,
  largeText,
  megabyte,
  newClient,
  newWorker,
  openRig,
  until,
  workflowBundle,
  type Rig,
} from './rig.ts';

beforeAll(installQuietRuntime);

async function start(rig: Rig, { taskQueue }: RunningWorker, argument: string, resultBytes: number) {
  return rig.client.workflow.start(workflows.echo, {
    taskQueue,
    workflowId: `echo-${randomUUID()}`,
    args: [argument, resultBytes],
  });
}

async function historyBytes(handle: WorkflowHandle): Promise<number> {
  return Number((await handle.describe()).raw.workflowExecutionInfo?.historySizeBytes);
}

/** What an activity, or the workflow, failed of. */
async function rootOf(handle: WorkflowHandle): Promise<unknown> {
  let error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  while ((error as Error).cause !== undefined) error = (error as Error).cause;
  return error;
}

test('an argument of 3 MB and a result of 1 MB arrive whole, and leave a small history', async () => {
  const rig = await openRig();
  const worker = await newWorker(rig.dataConverter);
  const argument = largeText(3 * megabyte, 'argument');
  const handle = await start(rig, worker, argument, megabyte);
  expect(await handle.result()).toEqual({
    measured: [3 * megabyte, 3 * megabyte - 1],
    result: largeText(megabyte),
  });
  const bytes = await historyBytes(handle);
  expect(bytes).toBeLessThan(10_000);
  expect(bytes).toBeGreaterThan(0);
  process.stdout.write(`history of 3 MB in, 1 MB out: ${bytes} bytes\n`);
  // The argument, which the workflow passes on; the same without its first letter; the activity's result; the workflow's.
  expect(await blobNames(rig.container)).toHaveLength(4);
});

test('what is below the threshold stays in the history', async () => {
  const rig = await openRig();
  const worker = await newWorker(rig.dataConverter);
  const argument = largeText(44 * kilobyte);
  const handle = await start(rig, worker, argument, 10);
  expect((await handle.result()).measured[0]).toBe(argument.length);
  expect(await historyBytes(handle)).toBeGreaterThan(argument.length);
  await expect(blobNames(rig.container)).rejects.toMatchObject({ code: 'ContainerNotFound' });
});

test('the same content is stored once, over executions', async () => {
  const rig = await openRig();
  const worker = await newWorker(rig.dataConverter);
  const argument = largeText(100 * kilobyte);
  const handles = await Promise.all([1, 2, 3].map(() => start(rig, worker, argument, 10)));
  await Promise.all(handles.map((handle) => handle.result()));
  expect(await blobNames(rig.container)).toHaveLength(2);
});

test('a history replays with the data converter, and without it fails by name', async () => {
  const rig = await openRig();
  const worker = await newWorker(rig.dataConverter);
  const handle = await start(rig, worker, largeText(100 * kilobyte), 100 * kilobyte);
  await handle.result();
  const history = await handle.fetchHistory();
  const options = { workflowBundle: await workflowBundle() };
  const before = await rig.container.listBlobsFlat().byPage().next();
  await Worker.runReplayHistory({ ...options, dataConverter: rig.dataConverter }, history);
  expect((await rig.container.listBlobsFlat().byPage().next()).value).toMatchObject({
    segment: before.value?.segment as object,
  });
  await expect(Worker.runReplayHistory(options, history)).rejects.toThrow('[TMPRL1105]');
  const without = (await newClient()).workflow.getHandle(handle.workflowId);
  await expect(without.result()).rejects.toThrow(ExternalStorageNotConfiguredError);
});

test('signals, queries and their answers are stored too', async () => {
  const rig = await openRig();
  const { taskQueue } = await newWorker(rig.dataConverter);
  const handle = await rig.client.workflow.start(workflows.gather, { taskQueue, workflowId: `gather-${randomUUID()}` });
  const [first, second] = [largeText(2 * megabyte, 'a'), largeText(2 * megabyte, 'b')];
  await handle.signal(workflows.note, first);
  await handle.signal(workflows.note, second);
  const prefix = largeText(50 * kilobyte, 'prefix');
  expect(await handle.query(workflows.notes, prefix)).toBe(prefix + first + second);
  await handle.signal(workflows.finish);
  expect(await handle.result()).toBe(first + second);
  expect(await historyBytes(handle)).toBeLessThan(10_000);
});

test('heartbeats, memos and the details of failures are stored too, and readable', async () => {
  const rig = await openRig();
  const { taskQueue } = await newWorker(rig.dataConverter);
  const handle = await rig.client.workflow.start(workflows.scatter, {
    taskQueue,
    workflowId: `scatter-${randomUUID()}`,
    args: [{ memo: 'm', failure: 'f', heartbeat: 'h' }],
  });
  const pending = async () => (await handle.describe()).raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
  await until(async () => (await pending()).length > 0);
  expect((await handle.describe()).memo).toEqual({ large: 'm'.repeat(60_000) });
  expect(await blobNames(rig.container)).toHaveLength(3);
  expect(await historyBytes(handle)).toBeLessThan(10_000);
  await handle.terminate();
});

test('a result whose blob is gone is an error that says so', async () => {
  const rig = await openRig();
  const worker = await newWorker(rig.dataConverter);
  const handle = await start(rig, worker, largeText(60 * kilobyte), 70 * kilobyte);
  await handle.result();
  for (const name of await blobNames(rig.container)) await rig.container.deleteBlob(name);
  await expect(handle.result()).rejects.toMatchObject({
    type: largeMessageFailures.missing,
    message: expect.stringContaining('is missing from'),
  });
});

test('an activity whose argument is altered on the way to it fails for good', async () => {
  const rig = await openRig();
  const { taskQueue } = await newWorker(rig.dataConverter);
  const activities = `activities-${randomUUID()}`;
  const handle = await rig.client.workflow.start(workflows.elsewhere, {
    taskQueue,
    workflowId: `elsewhere-${randomUUID()}`,
    args: [activities, 'x'.repeat(100_000)],
  });
  await until(async () => ((await handle.describe()).raw.pendingActivities ?? []).length > 0);
  for (const name of await blobNames(rig.container)) {
    await rig.container.getBlockBlobClient(name).upload('altered', 7);
  }
  await newWorker(rig.dataConverter, activities);
  expect(await rootOf(handle)).toMatchObject({
    type: largeMessageFailures.altered,
    message: expect.stringContaining('7 bytes instead of'),
  });
});
