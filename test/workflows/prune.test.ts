import { randomUUID } from 'node:crypto';
import { CancelledFailure, type WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Activities } from '../../src/activities/index.ts';
import { defaultJobOptions } from '../../src/contracts/job.ts';
import { type EarlierBackup, type PruneInput, emptyPruneTally } from '../../src/contracts/prune.ts';
import { progressQuery, resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { failureOf, startBackup } from '../support/start-backup.ts';
import { createStandIns } from '../support/stand-in-activities.ts';
import { connect, startWorker } from '../support/workflow-harness.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

type PruneActivities = Pick<
  Activities,
  'openPrune' | 'findBackups' | 'planPrune' | 'markPrune' | 'sweepPrune' | 'closePrune' | 'releasePrune'
>;

interface Plan {
  readonly pages: number;
  /** What each look for backups finds; the last one from then on. */
  readonly earlier?: readonly (readonly EarlierBackup[])[];
  readonly sweep?: (page: number) => Promise<void>;
}

/** Activities that stand in for storage: each page deletes ten bytes. */
function standIns({ pages, earlier = [[]], sweep = () => Promise.resolve() }: Plan) {
  const asked: string[] = [];
  const note = (what: string) => void asked.push(what);
  let looks = 0;
  const activities: PruneActivities = {
    openPrune: async ({ prefix = '', dryRun = false, patience = 60_000 }, startedAt) => {
      note('open');
      return { id: startedAt, container: 'c', prefix, dryRun, patience, options: defaultJobOptions };
    },
    findBackups: async () => {
      note('find');
      return [...(earlier[Math.min(looks++, earlier.length - 1)] ?? [])];
    },
    planPrune: async () => (note('plan'), { keptRuns: 2, forgottenRuns: 1, unfinishedRuns: 0 }),
    markPrune: async ({ dryRun }) => {
      note('mark');
      const tally = { ...emptyPruneTally, deleted: pages, deletedBytes: 10 * pages, kept: 7, keptBytes: 70 };
      return { pages: dryRun ? 0 : pages, tally };
    },
    sweepPrune: async (_prune, page) => {
      note(`sweep ${page}`);
      await sweep(page);
      return { ...emptyPruneTally, deleted: 1, deletedBytes: 10 };
    },
    closePrune: async () => (note('close'), 'c/report.json'),
    releasePrune: async () => note('release'),
  };
  return { activities, asked };
}

async function start(plan: Plan, input: PruneInput = {}) {
  const { activities, asked } = standIns(plan);
  const worker = await startWorker(activities);
  onTestFinished(() => worker.stop());
  const { taskQueue } = worker;
  const handle = await client.workflow.start('prune', { taskQueue, workflowId: randomUUID(), args: [input] });
  return { handle, asked };
}

const backup: EarlierBackup = { instanceId: 'nightly', firstRunId: 'r' };

test('waits for the backups before it, then plans, marks, sweeps page by page and closes', async () => {
  const { handle, asked } = await start({ pages: 3, earlier: [[backup], []] }, { prefix: 'site/' });
  expect(await handle.result()).toMatchObject({
    prefix: 'site/',
    dryRun: false,
    keptRuns: 2,
    forgottenRuns: 1,
    deleted: 3,
    deletedBytes: 30,
    kept: 7,
    keptBytes: 70,
    report: 'c/report.json',
  });
  const sweeps = ['sweep 0', 'sweep 1', 'sweep 2'];
  expect(asked).toEqual(['open', 'find', 'find', 'plan', 'mark', ...sweeps, 'close']);
  expect(await handle.query(progressQuery)).toMatchObject({ phase: 'done', files: 3, totalFiles: 3, bytes: 30 });
  await recordHistory(handle, 'prune-pages');
});

test('a dry run neither waits nor sweeps', async () => {
  const { handle, asked } = await start({ pages: 3, earlier: [[backup]] }, { dryRun: true });
  expect(await handle.result()).toMatchObject({ dryRun: true, deleted: 3, deletedBytes: 30, kept: 7 });
  expect(asked).toEqual(['open', 'plan', 'mark', 'close']);
});

test('a backup that does not end makes it give up with nothing deleted, and says which one it waits for', async () => {
  const { handle, asked } = await start({ pages: 1, earlier: [[backup]] }, { patience: 1500 });
  await expect
    .poll(() => handle.query(progressQuery))
    .toMatchObject({ phase: 'waiting', waitingFor: 'backup nightly' });
  expect(await failureOf(handle)).toMatchObject({
    type: 'PruneRefused',
    nonRetryable: true,
    message: expect.stringMatching(/^The backup nightly began before .* nothing was deleted$/u),
  });
  expect(asked.at(-1)).toBe('release');
  expect(asked).not.toContain('plan');
  await recordHistory(handle, 'prune-refused');
});

test('one that is cancelled in the middle lets others have the prefix again', async () => {
  const reached = Promise.withResolvers<void>();
  const { handle, asked } = await start({
    pages: 3,
    sweep: async (page) => {
      if (page !== 1) return;
      reached.resolve();
      const context = Context.current();
      const beats = setInterval(() => context.heartbeat(), 100);
      await context.cancelled.finally(() => clearInterval(beats));
    },
  });
  await reached.promise;
  await handle.cancel();
  const failure: unknown = await handle.result().catch((error: unknown) => error);
  expect((failure as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
  expect(asked.slice(-3)).toEqual(['sweep 0', 'sweep 1', 'release']);
  await recordHistory(handle, 'prune-cancelled');
});

test('starts nothing while suspended', async () => {
  const gate = Promise.withResolvers<void>();
  const { handle, asked } = await start({ pages: 2, sweep: (page) => (page === 0 ? gate.promise : Promise.resolve()) });
  await expect.poll(() => asked.at(-1)).toBe('sweep 0');
  await handle.executeUpdate(suspendUpdate, { args: ['lunch'] });
  gate.resolve();
  await expect.poll(() => handle.query(progressQuery)).toMatchObject({ files: 1, suspended: true });
  expect(asked.at(-1)).toBe('sweep 0');
  await handle.executeUpdate(resumeUpdate, { args: [''] });
  expect(await handle.result()).toMatchObject({ deleted: 2 });
});

test('goes on with the page at which it continued as new, and counts those before it', async () => {
  const pages = 12;
  const { activities, asked } = standIns({ pages });
  const worker = await startWorker(activities);
  onTestFinished(() => worker.stop());
  const handle = await client.workflow.start('prune', {
    taskQueue: worker.taskQueue,
    workflowId: randomUUID(),
    args: [{}, carryOf(pages, 10)],
  });
  expect(await handle.result()).toMatchObject({ deleted: 10 + 2, deletedBytes: 120, keptRuns: 2 });
  expect(asked).toEqual(['sweep 10', 'sweep 11', 'close']);
  await recordHistory(handle, 'prune-continued');
});

/** What a prune of so many pages takes along before it goes on with this one. */
function carryOf(pages: number, page: number) {
  const tally = { ...emptyPruneTally, deleted: pages, deletedBytes: 10 * pages };
  return {
    prune: { id: 'p', container: 'c', prefix: '', dryRun: false, patience: 0, options: defaultJobOptions },
    startedAt: '2026-01-02T03:04:05.000Z',
    plan: { keptRuns: 2, forgottenRuns: 1, unfinishedRuns: 0 },
    marked: { pages, tally },
    page,
    swept: { ...emptyPruneTally, deleted: page, deletedBytes: 10 * page },
    progress: {
      phase: 'pruning',
      suspended: false,
      listed: true,
      totalFiles: pages,
      totalBytes: 10 * pages,
      files: page,
      bytes: 10 * page,
      failed: 0,
    },
  };
}

test('a rewound backup waits for a prune to end before it goes on', async () => {
  let broken = true;
  const copy = () => (broken ? Promise.reject(ApplicationFailure.nonRetryable('gone')) : Promise.resolve());
  const first = await startBackup(client, { pages: [1], copy });
  const failure = (await failureOf(first.handle)) as ApplicationFailure;
  const [, carry] = failure.details as [unknown, BackupCarry];

  broken = false;
  const { activities } = createStandIns({ pages: [1] });
  let tries = 0;
  const worker = await startWorker({
    ...activities,
    reopenRun: async (run: BackupCarry['run']) => {
      tries += 1;
      if (tries === 1)
        throw ApplicationFailure.create({ type: 'PruneRunning', message: 'a prune', nonRetryable: true });
      return { ...run, besidePrune: false };
    },
  });
  onTestFinished(() => worker.stop());
  const again: WorkflowHandle = await client.workflow.start('backup', {
    taskQueue: worker.taskQueue,
    workflowId: randomUUID(),
    args: [{ root: '/data' }, carry],
  });
  expect(await again.result()).toMatchObject({ complete: true, failed: 0 });
  expect(tries).toBe(2);
  await recordHistory(again, 'backup-reopened');
});
