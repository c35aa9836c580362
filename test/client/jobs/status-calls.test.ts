import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { summarizeBatch } from '../../../src/activities/orders/index.ts';
import { workflowNames } from '../../../src/contracts/job.ts';
import type { BatchProgress, ItemResult } from '../../../src/contracts/orders.ts';
import { startWorker, type RunningWorker } from '../../support/workflow-harness.ts';
import { countedJobs, type CountedJobs } from './counted-jobs.ts';

interface RunningBatch extends CountedJobs {
  readonly id: string;
  /** Of another API process. */
  readonly other: CountedJobs['jobs'];
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
  const id = await other.start(workflowNames.processBatch, [items], { summary: 'a test' });
  await expect.poll(() => other.status(id)).toMatchObject(running(1));
  return {
    ...counted,
    id,
    other,
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

test('no poll asks a workflow or makes it work, however many come and however', async () => {
  const { id, jobs, calls } = await runningBatch();
  for (let round = 0; round < 5; round += 1) {
    const many = await Promise.all(Array.from({ length: 20 }, (_, i) => jobs.status(id, { showInput: i % 2 === 0 })));
    for (const status of many) expect(status).toMatchObject(running(1));
    await jobs.progress(id);
    await jobs.runtimeStatus(id);
  }
  const asked = calls();
  expect(Object.keys(asked).toSorted()).toEqual(['DescribeWorkflowExecution', 'GetWorkflowExecutionHistory']);
  // Of 20 who come together the first reads, and the others share the next reading; half of them want the input.
  expect(asked['DescribeWorkflowExecution']).toBeLessThanOrEqual(5 * (2 + 2 + 2));
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
});

test('what a job has published is shown at once', async () => {
  const { id, jobs, other, finish } = await runningBatch();
  expect(await jobs.status(id)).toMatchObject(running(1));
  finish('B');
  await expect.poll(() => other.memo(id)).toMatchObject({ progress: progress(2) });
  expect(await jobs.status(id)).toMatchObject(running(2));
});

test('once a job has ended nothing is shown that it said before', async () => {
  const { id, jobs, other } = await runningBatch();
  await other.suspend(id, 'wait');
  await other.resume(id, 'go on');
  expect(await jobs.status(id)).toMatchObject(running(1));
  await other.terminate(id, 'enough');
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });

  const ended = await runningBatch();
  expect(await ended.jobs.status(ended.id)).toMatchObject(running(1));
  ended.finish('B');
  ended.finish('summary');
  await ended.other.result(ended.id);
  const completed = { runtimeStatus: 'Completed', customStatus: progress(2) };
  expect(await ended.jobs.status(ended.id)).toMatchObject(completed);
});

test('one that no worker serves tells what it published, and goes on where a worker comes', async () => {
  const { id, jobs, other, worker, startWorker: start } = await runningBatch();
  await other.suspend(id, 'wait');
  await worker.stop();
  const published = (await other.memo(id))?.['progress'];
  expect(published).toEqual(progress(1, true));
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Suspended', customStatus: published });
  await start();
  await expect.poll(() => jobs.status(id)).toMatchObject(suspended(2));
});

test('many who suspend and resume at once make a workflow answer one after the other, and all are served', async () => {
  const { id, jobs, calls, most } = await runningBatch();
  calls();
  const asked = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? jobs.suspend(id, '') : jobs.resume(id, '')));
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['delivered']));
  expect(most('UpdateWorkflowExecution')).toBe(1);
  await jobs.resume(id, '');
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Running' });
});
