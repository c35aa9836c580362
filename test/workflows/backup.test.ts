import { randomUUID } from 'node:crypto';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Activities } from '../../src/activities/index.ts';
import {
  type BackupInput,
  type BackupOptions,
  type BackupSummary,
  type Copy,
  defaultBackupOptions,
} from '../../src/shared/contract.ts';
import { emptyTally } from '../../src/shared/tally.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';
import { startProgress } from '../../src/workflows/progress.ts';
import { progressQuery, resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { connect, historyLengths, startWorker } from '../support/workflow-harness.ts';

// The activities stand in for disk and storage alone: what is under test is which of them the workflow asks for, and when.
let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

interface Plan {
  /** Copies of each page. */
  readonly pages: readonly number[];
  readonly options?: Partial<BackupOptions>;
  readonly copy?: (copy: Copy) => Promise<void>;
}

interface Seen {
  readonly listed: number[];
  readonly copied: string[];
  readonly sealed: { page: number; gaveUp: string[] }[];
  committed: number;
}

function createStandIns({ pages, options, copy = () => Promise.resolve() }: Plan): {
  activities: Activities;
  seen: Seen;
} {
  const seen: Seen = { listed: [], copied: [], sealed: [], committed: 0 };
  const copyFiles: Activities['copyFiles'] = async (_run, item) => {
    seen.copied.push(`${item.page}/${item.number}`);
    await copy(item);
    return { files: item.files, bytes: item.bytes, failed: 0 };
  };
  const activities: Activities = {
    openRun: async (input, startedAt) => ({
      id: startedAt,
      root: input.root,
      container: 'c',
      prefix: '',
      options: { ...defaultBackupOptions, ...input.options, ...options },
    }),
    listFiles: async (_run, number) => {
      seen.listed.push(number);
      const copies = Array.from({ length: pages[number] ?? 0 }, (_, i) => ({
        page: number,
        number: i,
        from: i,
        to: i + 1,
        files: 1,
        bytes: 10,
        label: `f${i}`,
      }));
      return {
        number,
        copies,
        files: copies.length,
        bytes: 10 * copies.length,
        ...(number + 1 < pages.length && { cursor: `after ${number}` }),
      };
    },
    copyFile: copyFiles,
    copyFiles,
    sealPage: async (_run, page, gaveUp) => {
      seen.sealed.push({ page, gaveUp: gaveUp.map(({ number, reason }) => `${number}: ${reason}`) });
      const files = (pages[page] ?? 0) - gaveUp.length;
      const failures = gaveUp.map(({ number, reason }) => ({ path: `f${number}`, outcome: 'failed' as const, reason }));
      return { tally: { ...emptyTally, files, bytes: 10 * files, uploaded: files, failed: gaveUp.length }, failures };
    },
    commitRun: async () => {
      seen.committed += 1;
      return 'c/manifest.json';
    },
  };
  return { activities, seen };
}

async function start(plan: Plan, workflow = 'backup', arg: unknown = { root: '/data' } satisfies BackupInput) {
  const { activities, seen } = createStandIns(plan);
  const worker = await startWorker(activities);
  onTestFinished(() => worker.stop());
  const handle = await client.workflow.start(workflow, {
    taskQueue: worker.taskQueue,
    workflowId: randomUUID(),
    args: [arg],
  });
  return { handle, seen };
}

async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause;
}

describe('the backup workflow', () => {
  test('copies every page, seals each and commits once', async () => {
    const { handle, seen } = await start({ pages: [3, 2, 1] });
    const summary = (await handle.result()) as BackupSummary;
    expect(summary).toMatchObject({
      root: '/data',
      files: 6,
      bytes: 60,
      failed: 0,
      complete: true,
      manifest: 'c/manifest.json',
    });
    expect(seen.copied.toSorted()).toEqual(['0/0', '0/1', '0/2', '1/0', '1/1', '2/0']);
    expect(seen.sealed.map(({ page }) => page)).toEqual([0, 1, 2]);
    expect(seen.committed).toBe(1);
    expect(await handle.query(progressQuery)).toMatchObject({
      phase: 'done',
      files: 6,
      totalFiles: 6,
      bytes: 60,
      listed: true,
    });
    await recordHistory(handle, 'backup-pages');
  });

  test('an empty tree is a success of nothing', async () => {
    const { handle } = await start({ pages: [0] });
    expect(await handle.result()).toMatchObject({ files: 0, bytes: 0, complete: true });
  });

  test('E2_BackupSiteContent returns the bytes alone, of the trimmed root', async () => {
    const roots: string[] = [];
    const { activities } = createStandIns({ pages: [2] });
    const { openRun } = activities;
    const worker = await startWorker({
      ...activities,
      openRun: (input: BackupInput, at: string) => (roots.push(input.root), openRun(input, at)),
    });
    onTestFinished(() => worker.stop());
    const start = (arg: string | null) =>
      client.workflow.start('E2_BackupSiteContent', {
        taskQueue: worker.taskQueue,
        workflowId: randomUUID(),
        args: [arg],
      });
    const handle = await start('  /srv/site \n');
    expect(await handle.result()).toBe(20);
    expect(await (await start(null)).result()).toBe(20);
    await recordHistory(handle, 'e2-backup-site-content');
    expect(roots).toEqual(['/srv/site', '']);
  });

  test('keeps as many copies under way as the window allows, and never more', async () => {
    let underWay = 0;
    let most = 0;
    const { handle } = await start({
      pages: [40],
      options: { window: 7 },
      copy: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 20));
        underWay -= 1;
      },
    });
    await handle.result();
    expect(most).toBe(7);
  });

  test('lists the next page while it copies this one', async () => {
    let listedDuringCopy: number[] = [];
    const { handle, seen } = await start({
      pages: [1, 1, 1],
      copy: async ({ page }) => {
        if (page !== 0) return;
        while (seen.listed.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
        listedDuringCopy = [...seen.listed];
      },
    });
    await handle.result();
    expect(listedDuringCopy).toEqual([0, 1]);
    expect(seen.listed).toEqual([0, 1, 2]);
  });

  test('copies the rest when some copies give up, then fails naming each with its reason', async () => {
    const { handle, seen } = await start({
      pages: [4, 2],
      copy: ({ page, number }) =>
        page === 0 && number % 2 === 1
          ? Promise.reject(ApplicationFailure.nonRetryable(`disk ${number} is gone`))
          : Promise.resolve(),
    });
    const failure = await failureOf(handle);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'BackupIncomplete', nonRetryable: true });
    const [summary] = (failure as ApplicationFailure).details as [BackupSummary];
    expect(summary).toMatchObject({ files: 4, failed: 2, complete: false });
    expect(summary.failures.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      'f1 disk 1 is gone',
      'f3 disk 3 is gone',
    ]);
    expect(seen.sealed).toEqual([
      { page: 0, gaveUp: ['1: disk 1 is gone', '3: disk 3 is gone'] },
      { page: 1, gaveUp: [] },
    ]);
    expect(seen.committed).toBe(1);
    await recordHistory(handle, 'backup-failures');
  });

  test('a root that cannot be used fails the workflow at once with the reason', async () => {
    const { activities } = createStandIns({ pages: [1] });
    let asked = 0;
    const worker = await startWorker({
      ...activities,
      openRun: () => {
        asked += 1;
        throw ApplicationFailure.create({ type: 'RootNotFound', message: '/data does not exist' });
      },
    });
    onTestFinished(() => worker.stop());
    const handle = await client.workflow.start('backup', {
      taskQueue: worker.taskQueue,
      workflowId: randomUUID(),
      args: [{ root: '/data' }],
    });
    expect((await failureOf(handle)) as Error).toMatchObject({
      cause: { type: 'RootNotFound', message: '/data does not exist' },
    });
    expect(asked).toBe(1);
  });

  test('starts no activity while suspended, and ends when resumed', async () => {
    const waiting: (() => void)[] = [];
    const { handle, seen } = await start({
      pages: [10, 3],
      options: { window: 2 },
      copy: () => new Promise((resolve) => waiting.push(resolve)),
    });
    await expect.poll(() => waiting.length).toBe(2);
    await handle.executeUpdate(suspendUpdate, { args: ['inspection'] });
    await handle.executeUpdate(suspendUpdate, { args: [] });
    expect((await handle.describe()).memo).toMatchObject({ progress: { suspended: true } });
    const before = await scheduled(handle);
    waiting.splice(0).forEach((end) => end());
    await expect.poll(async () => (await handle.query(progressQuery)).files).toBe(2);
    expect(await scheduled(handle)).toBe(before);
    expect(await handle.query(progressQuery)).toMatchObject({ suspended: true, files: 2 });

    await handle.executeUpdate(resumeUpdate, { args: [] });
    const ended = handle.result();
    const pump = setInterval(() => waiting.splice(0).forEach((end) => end()), 5);
    onTestFinished(() => clearInterval(pump));
    expect(await ended).toMatchObject({ files: 13, complete: true });
    expect(seen.copied).toHaveLength(13);
    expect((await handle.describe()).memo).toMatchObject({ progress: { suspended: false, phase: 'done' } });
    await recordHistory(handle, 'backup-suspended');
  });

  test('cancelling stops the copies under way, starts no others and commits nothing', async () => {
    let stopped = 0;
    const { handle, seen } = await start({
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
    await recordHistory(handle, 'backup-cancelled');
  });

  test('cancelling while suspended ends the workflow too', async () => {
    const { handle } = await start({
      pages: [1, 1],
      copy: ({ page }) => (page === 0 ? new Promise((r) => setTimeout(r, 300)) : Promise.resolve()),
    });
    await handle.executeUpdate(suspendUpdate, { args: [] });
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  });

  test('continues as new between pages, so that no history grows with the tree, and keeps its tally', async () => {
    // 12 pages of 150 copies are about 5,800 events: past the 4,096 at which Temporal suggests a new run.
    const pages = Array.from({ length: 12 }, () => 150);
    const { handle, seen } = await start({ pages, options: { window: 100 } });
    expect(await handle.result()).toMatchObject({ files: 1800, bytes: 18_000, complete: true });
    expect(seen.copied).toHaveLength(1800);
    expect(new Set(seen.copied).size).toBe(1800);
    expect(seen.listed).toEqual(pages.map((_, i) => i));
    expect(seen.committed).toBe(1);
    const lengths = await historyLengths(client, handle);
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(10_000);
  });

  test('a run that continues one which was suspended stays suspended until it is resumed', async () => {
    const { activities, seen } = createStandIns({ pages: [0, 2] });
    const worker = await startWorker(activities);
    onTestFinished(() => worker.stop());
    const run = await activities.openRun({ root: '/data' }, '2026-01-01T00:00:00.000Z');
    const page = await activities.listFiles(run, 1);
    const carry: BackupCarry = {
      run,
      startedAt: run.id,
      page,
      tally: { ...emptyTally, files: 5, bytes: 50 },
      failures: [],
      progress: { ...startProgress, phase: 'copying', suspended: true, files: 5, totalFiles: 7 },
    };
    const handle = await client.workflow.start('backup', {
      taskQueue: worker.taskQueue,
      workflowId: randomUUID(),
      args: [{ root: '/data' }, carry],
    });
    expect(await handle.query(progressQuery)).toMatchObject({ suspended: true, files: 5 });
    expect(seen.copied).toEqual([]);
    await handle.executeUpdate(resumeUpdate, { args: [] });
    expect(await handle.result()).toMatchObject({ files: 7, bytes: 70 });
    await recordHistory(handle, 'backup-continued');
  });
});

async function scheduled(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).length;
}
