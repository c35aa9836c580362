import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { BackupInput, BackupSummary } from '../../src/contracts/backup.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';
import { progressQuery } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { createStandIns, rootAttributes } from '../support/stand-in-activities.ts';
import { failureOf, startBackup } from '../support/start-backup.ts';
import { connect, historyLengths, startWorker } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

describe('the backup workflow', () => {
  test('copies every page, seals each and commits once', async () => {
    const { handle, seen } = await startBackup(client, { pages: [3, 2, 1] });
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
    const { handle } = await startBackup(client, { pages: [0] });
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
    const { handle } = await startBackup(client, {
      pages: [40],
      options: { window: 7 },
      copy: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 200));
        underWay -= 1;
      },
    });
    await handle.result();
    expect(most).toBe(7);
  });

  test('lists the next page while it copies this one', async () => {
    let listedDuringCopy: number[] = [];
    const { handle, seen } = await startBackup(client, {
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
    const { handle, seen } = await startBackup(client, {
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

  test('a rewind copies exactly what failed, round by round, until the run is complete', async () => {
    const bad = new Set(['0/1', '0/3', '2/0']);
    const { handle, seen, rewind } = await startBackup(client, {
      pages: [4, 2, 1],
      copy: ({ page, label }) =>
        bad.has(`${page}/${label?.slice(1)}`)
          ? Promise.reject(ApplicationFailure.nonRetryable('no disk'))
          : Promise.resolve(),
    });
    const [, second] = ((await failureOf(handle)) as ApplicationFailure).details as [BackupSummary, BackupCarry];
    bad.delete('0/1');
    seen.copied.length = 0;
    const again = await rewind(second);
    const [summary, third] = ((await failureOf(again)) as ApplicationFailure).details as [BackupSummary, BackupCarry];
    expect(seen.copied.toSorted()).toEqual(['0/1', '0/3', '2/0']);
    expect(summary).toMatchObject({ files: 5, failed: 2, complete: false });
    expect(summary.failures.map(({ path }) => path)).toEqual(['f3', 'f0']);
    expect(third.run.round).toBe(2);
    await recordHistory(again, 'backup-rewound');

    bad.clear();
    seen.copied.length = 0;
    const last = await rewind(third);
    expect(await last.result()).toMatchObject({ files: 7, bytes: 70, failed: 0, complete: true, runId: summary.runId });
    expect(seen.copied.toSorted()).toEqual(['0/3', '2/0']);
    expect(await last.query(progressQuery)).toMatchObject({ phase: 'done', files: 7, failed: 0 });
    expect(seen.attributes).toEqual(rootAttributes);
  });

  test('takes up busy files again when all else is done, until they hold still', async () => {
    const reads = new Map<string, number>();
    const { handle, seen } = await startBackup(client, {
      pages: [2, 3],
      options: { busyPause: 10 },
      copy: ({ page, label }) => {
        const name = `${page}/${label?.slice(1)}`;
        const read = (reads.get(name) ?? 0) + 1;
        reads.set(name, read);
        const isBusy = (name === '0/1' && read < 3) || (name === '1/2' && read < 2);
        return isBusy ? Promise.reject(ApplicationFailure.nonRetryable('busy')) : Promise.resolve();
      },
    });
    expect(await handle.result()).toMatchObject({ files: 5, failed: 0, complete: true, failures: [] });
    expect(seen.again).toEqual(['busy of 0', 'busy of 1', 'busy of 0']);
    expect(await handle.query(progressQuery)).toMatchObject({ files: 5, totalFiles: 5, failed: 0 });
    expect(seen.copied.filter((name) => name === '0/0')).toHaveLength(1);
    expect(seen.committed).toBe(1);
    await recordHistory(handle, 'backup-busy');
  });

  test('files that stay busy fail after their last round, and a rewind takes them up', async () => {
    let held = true;
    const { handle, seen, rewind } = await startBackup(client, {
      pages: [3],
      options: { busyPause: 10, busyRounds: 2 },
      copy: ({ label }) =>
        held && label === 'f1' ? Promise.reject(ApplicationFailure.nonRetryable('busy: open')) : Promise.resolve(),
    });
    const [summary, carry] = ((await failureOf(handle)) as ApplicationFailure).details as [BackupSummary, BackupCarry];
    expect(summary).toMatchObject({ files: 2, failed: 1, failures: [{ path: 'f1', reason: 'busy: open' }] });
    expect(seen.again).toEqual(['busy of 0', 'busy of 0']);
    expect(carry).toMatchObject({ retry: [0], run: { round: 3 } });
    expect(carry).not.toHaveProperty('only');
    held = false;
    expect(await (await rewind(carry)).result()).toMatchObject({ files: 3, failed: 0, complete: true });
    expect(seen.again.at(-1)).toBe('failed of 0');
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

  test('continues as new between pages, so that no history grows with the tree, and keeps its tally', async () => {
    // 12 pages of 40 copies are about 1,600 events: past the 1,024 at which the tests' server suggests a new run.
    const pages = Array.from({ length: 12 }, () => 40);
    const { handle, seen } = await startBackup(client, { pages, options: { window: 100 } });
    expect(await handle.result()).toMatchObject({ files: 480, bytes: 4800, complete: true });
    expect(seen.copied).toHaveLength(480);
    expect(new Set(seen.copied).size).toBe(480);
    expect(seen.listed).toEqual(pages.map((_, i) => i));
    expect(seen.committed).toBe(1);
    expect(seen.attributes).toEqual(rootAttributes);
    const lengths = await historyLengths(client, handle);
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(3000);
  });
});
