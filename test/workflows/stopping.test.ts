import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { emptyTally } from '../../src/contracts/backup.ts';
import type { JobProgress } from '../../src/contracts/job.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';
import { progressQuery, resumeUpdate, suspendSignal, suspendUpdate } from '../../src/workflows/messages.ts';
import { startProgress } from '../../src/workflows/paged/progress.ts';
import { recordHistory } from '../support/record-history.ts';
import { createStandIns } from '../support/stand-in-activities.ts';
import { failureOf, startBackup } from '../support/start-backup.ts';
import { connect, startWorker } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

describe('a backup that is stopped', () => {
  test('starts no activity while suspended, and ends when resumed', async () => {
    const waiting: (() => void)[] = [];
    const { handle, seen } = await startBackup(client, {
      pages: [10, 3],
      options: { window: 2 },
      copy: () => new Promise((resolve) => waiting.push(resolve)),
    });
    await expect.poll(() => waiting.length).toBe(2);
    await handle.executeUpdate(suspendUpdate, { args: ['inspection'] });
    await handle.executeUpdate(suspendUpdate, { args: [''] });
    expect((await handle.describe()).memo).toMatchObject({ progress: { suspended: true } });
    const before = await scheduled(handle);
    waiting.splice(0).forEach((end) => end());
    await expect.poll(async () => ((await handle.query(progressQuery)) as JobProgress).files).toBe(2);
    expect(await scheduled(handle)).toBe(before);
    expect(await handle.query(progressQuery)).toMatchObject({ suspended: true, files: 2 });

    await handle.executeUpdate(resumeUpdate, { args: [''] });
    const ended = handle.result();
    const pump = setInterval(() => waiting.splice(0).forEach((end) => end()), 5);
    onTestFinished(() => clearInterval(pump));
    expect(await ended).toMatchObject({ files: 13, complete: true });
    expect(seen.copied).toHaveLength(13);
    expect((await handle.describe()).memo).toMatchObject({ progress: { suspended: false, phase: 'done' } });
    await recordHistory(handle, 'backup-suspended');
  });

  test('copies that wait for a worker when it is suspended do not start either', async () => {
    const waiting: (() => void)[] = [];
    const { handle, seen } = await startBackup(
      client,
      { pages: [30], options: { window: 20 }, copy: () => new Promise((resolve) => waiting.push(resolve)) },
      { maxConcurrentActivityTaskExecutions: 3 },
    );
    await expect.poll(() => waiting.length).toBe(3);
    await handle.executeUpdate(suspendUpdate, { args: ['lunch'] });
    waiting.splice(0).forEach((end) => end());
    // A worker would have taken what was queued by then.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(seen.copied).toHaveLength(3);
    await handle.executeUpdate(resumeUpdate, { args: [''] });
    const pump = setInterval(() => waiting.splice(0).forEach((end) => end()), 5);
    onTestFinished(() => clearInterval(pump));
    expect(await handle.result()).toMatchObject({ files: 30, complete: true });
    expect(new Set(seen.copied).size).toBe(30);
    await recordHistory(handle, 'backup-recalled');
  });

  test('one suspended before it begins does not even open its run', async () => {
    const { activities, seen } = createStandIns({ pages: [2] });
    let opened = 0;
    const openRun: typeof activities.openRun = (...args) => {
      opened += 1;
      return activities.openRun(...args);
    };
    const worker = await startWorker({ ...activities, openRun });
    onTestFinished(() => worker.stop());
    const handle = await client.workflow.signalWithStart('backup', {
      taskQueue: worker.taskQueue,
      workflowId: randomUUID(),
      args: [{ root: '/data' }],
      signal: suspendSignal,
      signalArgs: ['not yet'],
    });
    await expect.poll(async () => (await handle.describe()).memo).toMatchObject({ progress: { suspended: true } });
    expect(opened).toBe(0);
    await handle.executeUpdate(resumeUpdate, { args: [''] });
    expect(await handle.result()).toMatchObject({ files: 2, complete: true });
    expect({ opened, copied: seen.copied.length }).toEqual({ opened: 1, copied: 2 });
    await recordHistory(handle, 'backup-suspended-first');
  });

  test('cancelling stops the copies under way, starts no others and commits nothing', async () => {
    let stopped = 0;
    const { handle, seen } = await startBackup(client, {
      pages: [20],
      options: { window: 3 },
      copy: async () => {
        const beat = setInterval(() => Context.current().heartbeat(), 20);
        await Context.current().cancelled.catch(() => undefined);
        clearInterval(beat);
        stopped += 1;
        throw new CancelledFailure('stopped');
      },
    });
    await expect.poll(() => seen.copied.length).toBe(3);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(stopped).toBe(3);
    expect(seen).toMatchObject({ copied: { length: 3 }, sealed: [], committed: 0 });
    expect(seen.noted).toMatchObject([{ run: expect.any(String), type: 'Canceled', scheduled: false }]);
    await recordHistory(handle, 'backup-cancelled');
  });

  test('cancelling while suspended ends the workflow too', async () => {
    const { handle } = await startBackup(client, {
      pages: [1, 1],
      copy: ({ page }) => (page === 0 ? new Promise((r) => setTimeout(r, 300)) : Promise.resolve()),
    });
    await handle.executeUpdate(suspendUpdate, { args: [''] });
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  });

  test('a run that continues one which was suspended stays suspended until it is resumed', async () => {
    const { activities, seen } = createStandIns({ pages: [5, 2] });
    const worker = await startWorker(activities);
    onTestFinished(() => worker.stop());
    const { run, rootAttributes } = await activities.openRun({ root: '/data' }, '2026-01-01T00:00:00.000Z');
    await activities.sealPage(run, 0, []);
    const page = await activities.listFiles(run, 1);
    const carry: BackupCarry = {
      run,
      rootAttributes,
      startedAt: run.id,
      page,
      tally: { ...emptyTally, files: 5, bytes: 50 },
      failures: [],
      failedPages: [],
      progress: { ...startProgress, phase: 'copying', suspended: true, files: 5, totalFiles: 7 },
    };
    const handle = await client.workflow.start('backup', {
      taskQueue: worker.taskQueue,
      workflowId: randomUUID(),
      args: [{ root: '/data' }, carry],
    });
    expect(await handle.query(progressQuery)).toMatchObject({ suspended: true, files: 5 });
    expect(seen.copied).toEqual([]);
    await handle.executeUpdate(resumeUpdate, { args: [''] });
    expect(await handle.result()).toMatchObject({ files: 7, bytes: 70 });
    expect(seen.attributes).toEqual(rootAttributes);
    await recordHistory(handle, 'backup-continued');
  });
});

async function scheduled(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).length;
}
