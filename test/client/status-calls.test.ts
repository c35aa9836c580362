import { randomUUID } from 'node:crypto';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { summarizeBatch } from '../../src/activities/orders/summarize-batch.ts';
import { workflowNames } from '../../src/shared/contract.ts';
import type { BatchProgress, ItemResult } from '../../src/shared/orders.ts';
import { progressQuery } from '../../src/workflows/messages.ts';
import { connect, startWorker, type RunningWorker } from '../support/workflow-harness.ts';
import { countedJobs, type CountedJobs } from './counted-jobs.ts';

// No time passes but what a test lets pass.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

interface RunningBatch extends CountedJobs {
  readonly id: string;
  /** Of another API process. */
  readonly other: CountedJobs['jobs'];
  /** Asks the workflow itself. */
  readonly ask: () => Promise<unknown>;
  readonly worker: RunningWorker;
  readonly startWorker: () => Promise<RunningWorker>;
  /** Lets the item or the summary that wait be done. */
  readonly finish: (sku: 'B' | 'summary') => void;
}

/** A batch of the items A, which is done, and B, which is not, with a worker. */
async function runningBatch(): Promise<RunningBatch> {
  const taskQueue = `test-${randomUUID()}`;
  const [done, summed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const activities = {
    processItem: async ({ sku, quantity }: { sku: string; quantity: number }): Promise<ItemResult> => {
      if (sku === 'B') await done.promise;
      return { sku, reserved: true, lineTotal: quantity };
    },
    summarizeBatch: async (results: readonly ItemResult[]) => {
      await summed.promise;
      return summarizeBatch(results);
    },
  };
  const stopped = () => {
    done.resolve();
    summed.resolve();
  };
  const start = async () => {
    const worker = await startWorker(activities, { taskQueue });
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopped();
      return (stopping ??= worker.stop());
    };
    onTestFinished(stop);
    return { ...worker, stop };
  };
  const worker = await start();
  const counted = countedJobs(taskQueue);
  const { jobs: other } = countedJobs(taskQueue);
  const items = ['A', 'B'].map((sku) => ({ sku, quantity: 1 }));
  const { client, close } = await connect();
  onTestFinished(close);
  const id = await other.start(workflowNames.processBatch, [items], { summary: 'a test' });
  const ask = () => client.workflow.getHandle(id).query(progressQuery);
  await expect.poll(ask).toEqual(progress(1));
  return {
    ...counted,
    id,
    other,
    ask,
    worker,
    startWorker: start,
    finish: (what) => (what === 'B' ? done : summed).resolve(),
  };
}

const progress = (processed: number, suspended = false): BatchProgress => ({
  total: 2,
  processed,
  failed: 0,
  suspended,
});
const running = (processed: number) => ({ runtimeStatus: 'Running', customStatus: progress(processed) });
const suspended = (processed: number) => ({ runtimeStatus: 'Suspended', customStatus: progress(processed, true) });

test('a running job is asked once a second, however many poll it and however', async () => {
  const { id, jobs, calls } = await runningBatch();
  expect(await jobs.status(id)).toMatchObject(running(1));
  expect(await jobs.status(id)).toMatchObject(running(1));
  const many = await Promise.all(Array.from({ length: 20 }, (_, i) => jobs.status(id, { showInput: i % 2 === 0 })));
  for (const status of many) expect(status).toMatchObject(running(1));
  expect(calls()).toMatchObject({ QueryWorkflow: 1 });
  vi.advanceTimersByTime(1001);
  await Promise.all(Array.from({ length: 20 }, (_, i) => jobs.status(id, { showInput: i % 2 === 0 })));
  expect(calls()).toMatchObject({ QueryWorkflow: 1 });
  vi.advanceTimersByTime(999);
  await jobs.status(id);
  expect(calls()).not.toHaveProperty('QueryWorkflow');
});

test('what another API process suspended or resumed is told at once', async () => {
  const { id, jobs, other } = await runningBatch();
  expect(await jobs.status(id)).toMatchObject(running(1));
  for (let round = 0; round < 3; round += 1) {
    await other.suspend(id, 'wait');
    expect(await jobs.status(id)).toMatchObject(suspended(1));
    expect(await jobs.runtimeStatus(id)).toBe('Suspended');
    await other.resume(id, 'go on');
    expect(await jobs.status(id)).toMatchObject(running(1));
  }
  await other.suspend(id, 'wait');
  await other.resume(id, 'go on');
  expect(await jobs.status(id)).toMatchObject(running(1));
});

test('an answer from between a suspension and a resumption is not shown after both', async () => {
  const { id, jobs, other, hold } = await runningBatch();
  // From now on what is published looks the same before and after.
  await other.suspend(id, 'wait');
  await other.resume(id, 'go on');
  const query = hold('QueryWorkflow');
  const early = jobs.status(id);
  await query.reached;
  await other.suspend(id, 'wait');
  query.release();
  expect(await early).toMatchObject(suspended(1));
  await other.resume(id, 'go on');
  expect(await jobs.status(id)).toMatchObject(running(1));
});

test('who knows of a suspension does not get the answer to a question from before it', async () => {
  const { id, jobs, other, hold, calls } = await runningBatch();
  const query = hold('QueryWorkflow');
  const early = jobs.status(id, { showInput: false });
  await query.reached;
  await other.suspend(id, 'wait');
  calls();
  const late = jobs.status(id);
  await expect.poll(() => calls()).toHaveProperty('GetWorkflowExecutionHistory');
  query.release();
  await early;
  expect(await late).toMatchObject(suspended(1));
});

test('what a job has published since it was asked is shown at once', async () => {
  const { id, jobs, other, finish } = await runningBatch();
  expect(await jobs.status(id)).toMatchObject(running(1));
  finish('B');
  await expect.poll(() => other.memo(id)).toMatchObject({ progress: progress(2) });
  expect(await jobs.status(id)).toMatchObject(running(2));
});

test('once a job has ended nothing is shown that it said before', async () => {
  const { id, jobs, other, calls } = await runningBatch();
  await other.suspend(id, 'wait');
  await other.resume(id, 'go on');
  expect(await jobs.status(id)).toMatchObject(running(1));
  calls();
  await other.terminate(id, 'enough');
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
  expect(calls()).not.toHaveProperty('QueryWorkflow');

  const ended = await runningBatch();
  expect(await ended.jobs.status(ended.id)).toMatchObject(running(1));
  ended.finish('B');
  ended.finish('summary');
  await ended.other.result(ended.id);
  const completed = { runtimeStatus: 'Completed', customStatus: progress(2) };
  expect(await ended.jobs.status(ended.id)).toMatchObject(completed);
});

test('one that nobody answers for is asked once a second too, and tells what it published', async () => {
  const { id, jobs, other, calls, ask, worker, startWorker: start } = await runningBatch();
  await other.suspend(id, 'wait');
  await worker.stop();
  const published = (await other.memo(id))?.['progress'];
  expect(published).toEqual(progress(1, true));
  for (let poll = 0; poll < 3; poll += 1) {
    expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Suspended', customStatus: published });
  }
  expect(calls()).toMatchObject({ QueryWorkflow: 1 });
  await start();
  await expect.poll(ask).toEqual(progress(2, true));
  vi.advanceTimersByTime(1001);
  expect(await jobs.status(id)).toMatchObject(suspended(2));
});
