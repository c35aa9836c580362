import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { progressQuery, resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import { emptyRestoreTally } from '../../src/contracts/restore.ts';
import { recordHistory } from '../support/record-history.ts';
import { createRestoreStandIns, createVerifyStandIns } from '../support/stand-in-jobs.ts';
import { failureOf } from '../support/start-backup.ts';
import { connect, startWorker } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

/** Starts a job on a worker of its own; the same worker serves what is started with the second function. */
async function start(job: 'restore' | 'verify', activities: object, input: object) {
  const worker = await startWorker(activities);
  onTestFinished(() => worker.stop());
  const again = (...args: unknown[]): Promise<WorkflowHandle> =>
    client.workflow.start(job, { taskQueue: worker.taskQueue, workflowId: randomUUID(), args: [input, ...args] });
  return { handle: await again(), again };
}

const jobs = [
  { job: 'restore', create: createRestoreStandIns, type: 'RestoreIncomplete', phase: 'restoring' },
  { job: 'verify', create: createVerifyStandIns, type: 'VerificationFailed', phase: 'verifying' },
] as const;

describe.each(jobs)('$job', ({ job, create, type, phase }) => {
  test('goes through every page and says what it came to', async () => {
    const { activities, seen } = create({ pages: [3, 2] });
    const { handle } = await start(job, activities, { run: 'latest' });
    expect(await handle.result()).toMatchObject({
      runId: 'latest',
      root: '/srv',
      files: 5,
      bytes: 50,
      failed: 0,
      complete: true,
      report: 'c/report.json',
      failures: [],
    });
    expect(seen).toMatchObject({ listed: [0, 1], copied: { length: 5 }, sealed: { length: 2 }, committed: 1 });
    expect(await handle.query(progressQuery)).toMatchObject({ phase: 'done', files: 5, totalFiles: 5 });
    await recordHistory(handle, `${job}-pages`);
  });

  test('fails when files do, after all the others, and a rewind does exactly those', async () => {
    let broken = true;
    const { activities, seen } = create({
      pages: [3, 2],
      copy: ({ page, label }) =>
        broken && page === 1 && label === 'f1'
          ? Promise.reject(ApplicationFailure.nonRetryable('gone'))
          : Promise.resolve(),
    });
    const { handle, again } = await start(job, activities, { run: 'latest' });
    const failure = (await failureOf(handle)) as ApplicationFailure;
    expect(failure).toMatchObject({ type, nonRetryable: true });
    const [summary, carry] = failure.details as [object, object];
    expect(summary).toMatchObject({ failed: 1, complete: false, failures: [{ path: 'f1', reason: 'gone' }] });
    expect(seen.copied).toHaveLength(5);
    await recordHistory(handle, `${job}-failures`);

    broken = false;
    seen.copied.length = 0;
    const second = await again(carry);
    expect(await second.result()).toMatchObject({ failed: 0, complete: true, failures: [] });
    expect(seen.copied).toEqual(['1/1']);
    await recordHistory(second, `${job}-rewound`);
  });

  test('starts nothing while suspended', async () => {
    const waiting: (() => void)[] = [];
    const { activities, seen } = create({
      pages: [6],
      options: { window: 2 },
      copy: () => new Promise((resolve) => waiting.push(resolve)),
    });
    const { handle } = await start(job, activities, { run: 'latest' });
    await expect.poll(() => waiting.length).toBe(2);
    await handle.executeUpdate(suspendUpdate, { args: ['lunch'] });
    const before = seen.copied.length;
    waiting.splice(0).forEach((end) => end());
    expect(await handle.query(progressQuery)).toMatchObject({ suspended: true, phase });
    expect(seen.copied).toHaveLength(before);
    await handle.executeUpdate(resumeUpdate, { args: [''] });
    const pump = setInterval(() => waiting.splice(0).forEach((end) => end()), 5);
    onTestFinished(() => clearInterval(pump));
    expect(await handle.result()).toMatchObject({ files: 6, complete: true });
  });
});

// Each attempt is given up only when its worker has been silent for eight seconds, and there are four of them in one asking.
test('begins however many workers die with its first activity', { timeout: 180_000 }, async () => {
  const { activities } = createRestoreStandIns({ pages: [1] });
  const dead: (() => void)[] = [];
  const openRestore: typeof activities.openRestore = async (...args) => {
    const isDead = dead.length < 4;
    if (isDead) await new Promise<void>((resolve) => dead.push(resolve));
    return activities.openRestore(...args);
  };
  const { handle } = await start('restore', { ...activities, openRestore }, { run: 'latest' });
  onTestFinished(() => dead.forEach((end) => end()));
  expect(await handle.result()).toMatchObject({ files: 1, complete: true });
  expect(dead).toHaveLength(4);
  await recordHistory(handle, 'restore-outlasting');
});

test.each([
  [{ failed: 3, undeleted: 0 }, '3 paths could not be restored; all else was done.'],
  [{ failed: 3, undeleted: 1 }, '2 paths could not be restored and 1 path could not be deleted; all else was done.'],
  [{ failed: 2, undeleted: 2 }, '2 paths could not be deleted; all else was done.'],
])('a restore of which %j failed does not count deletions as files', async (counts, words) => {
  const { activities } = createRestoreStandIns({ pages: [1] });
  const commitRestore = () =>
    Promise.resolve({ report: 'c/report.json', tally: { ...emptyRestoreTally, files: 1, ...counts } });
  const { handle } = await start('restore', { ...activities, commitRestore }, { run: 'latest' });
  const failure = await failureOf(handle);
  expect(failure).toMatchObject({ type: 'RestoreIncomplete' });
  expect((failure as Error).message).toContain(words);
});
