import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure, WorkflowFailedError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, type onTestFinished, test } from 'vitest';
import { acceptRun } from '../../src/history/views/backups.ts';
import { forgetRuns } from '../../src/history/forget/forget-runs.ts';
import { findRun } from '../../src/history/runs/run-catalogue.ts';
import type { BackupInput, BackupSummary } from '../../src/contracts/backup.ts';
import type { PruneSummary } from '../../src/contracts/prune.ts';
import type { VerificationSummary } from '../../src/contracts/verification.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const signal = new AbortController().signal;

async function openSite(whenFinished: typeof onTestFinished) {
  const home = await temporaryDirectory(whenFinished);
  const root = join(home, 'site');
  const container = `suspect-${randomUUID()}`;
  const connectionString = inject('connectionString');
  const taskQueue = randomUUID();
  const worker = await startWorkerHere({ connectionString, taskQueue, container, root: home });
  whenFinished(worker.stop);
  const store = openBlobStore({ connectionString }, container);
  const run = async <T>(job: string, input: object): Promise<T> =>
    client.workflow.execute(job, { taskQueue, workflowId: randomUUID(), args: [input] }) as Promise<T>;
  const fail = async (job: string, input: object): Promise<ApplicationFailure> => {
    const error: unknown = await run(job, input).catch((thrown: unknown) => thrown);
    let cause = error instanceof WorkflowFailedError ? error.cause : error;
    while (!(cause instanceof ApplicationFailure) && cause instanceof Error) cause = cause.cause;
    if (!(cause instanceof ApplicationFailure)) throw new Error(`${job} did not fail: ${JSON.stringify(error)}`);
    return cause;
  };
  const parts = { store, prefix: '', isUnderWay: () => Promise.resolve(false), signal };
  return {
    root,
    run,
    fail,
    write: async (names: readonly string[]) => {
      await rm(root, { recursive: true, force: true });
      await mkdir(root);
      await writeTree(root, Object.fromEntries(names.map((name) => [name, 100])));
    },
    backUp: (more: Partial<BackupInput> = {}) => run<BackupSummary>('backup', { root, ...more }),
    suspect: async (more: Partial<BackupInput> = {}) => {
      const { type, message, details } = await fail('backup', { root, ...more });
      expect(type, message).toBe('BackupSuspect');
      return { message, summary: details?.[0] as BackupSummary };
    },
    keepLast: async (last: number) => {
      const { runs } = await forgetRuns(parts, { policy: { last } });
      return runs.map(({ run: id, outcome, reasons }) => [id, outcome, reasons.join('; ')]);
    },
    accept: (id: string) => acceptRun(store, { prefix: '', run: id }, signal),
    latest: async () => (await findRun(store, { prefix: '', run: 'latest' }, signal)).manifest.run,
    blobs: async () => {
      const names: string[] = [];
      for await (const { name } of store.list('', signal)) if (!name.startsWith('.durable-backup/')) names.push(name);
      return names;
    },
  };
}

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `d/f${from + i}`);

describe.concurrent('a run that lost its files', { timeout: 120_000 }, () => {
  test('all of them: nothing that the last good run needs is forgotten or pruned', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write(numbered(0, 12));
    const good = await site.backUp();
    const held = await site.blobs();
    await site.write([]);
    const { message, summary } = await site.suspect();
    expect(summary).toMatchObject({ files: 0, complete: true, suspect: { since: good.runId, files: 12, lost: 12 } });
    expect(message).toContain(`it holds no file, and run ${good.runId} holds 12`);
    expect(message).toContain(`durable-backup accept ${summary.runId}`);

    expect(await site.keepLast(1)).toEqual([
      [summary.runId, 'kept', 'suspect, and no complete run came after it'],
      [good.runId, 'kept', 'last 1 of 1'],
    ]);
    for (const dryRun of [false, true]) {
      const refused = await site.fail('prune', { dryRun });
      expect([refused.type, refused.message]).toEqual([
        'PruneRefused',
        expect.stringContaining(`Run ${summary.runId}, the newest of ${site.root}, is suspect: it holds no file`),
      ]);
    }
    expect(await site.blobs()).toEqual(held);
    expect(await site.latest()).toBe(good.runId);
    expect(await site.run<VerificationSummary>('verify', { run: 'latest', deep: true })).toMatchObject({
      runId: good.runId,
      files: 12,
      intact: 12,
    });

    // Compared with the last good run again, and with nothing to send.
    await site.write(numbered(0, 12));
    const whole = await site.backUp();
    expect(whole).toMatchObject({ files: 12, uploaded: 0, failed: 0 });
    expect(await site.keepLast(1)).toEqual([
      [whole.runId, 'kept', 'last 1 of 1'],
      [summary.runId, 'forgotten', 'suspect, and a complete run came after it'],
      [good.runId, 'forgotten', 'no rule keeps it'],
    ]);
    expect(await site.run<PruneSummary>('prune', {})).toMatchObject({ keptRuns: 1, forgottenRuns: 2 });
    expect(await site.blobs()).toEqual(held);
  });

  test('more of many than may be, and not of few', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write(numbered(0, 5));
    await site.backUp();
    await site.write(numbered(0, 2));
    expect(await site.backUp()).toMatchObject({ files: 2 });
    await site.write(numbered(0, 20));
    const good = await site.backUp();
    await site.write(numbered(0, 8));
    const { summary } = await site.suspect();
    expect(summary.suspect).toEqual({
      since: good.runId,
      files: 20,
      lost: 12,
      reasons: [`12 of the 20 files of run ${good.runId} are gone, and at most 50% may be`],
    });
    // The next run is compared with the good one, not with the suspect one, and says so before it begins too.
    expect((await site.suspect()).summary.suspect?.since).toBe(good.runId);
    expect(await site.run('preview', { root: site.root })).toMatchObject({
      base: good.runId,
      suspect: { since: good.runId, lost: 12 },
    });
    expect(await site.backUp({ maxLoss: 0.6 })).toMatchObject({ files: 8 });
    await site.write(numbered(0, 7));
    expect(await site.backUp({ maxLoss: 0.01 })).toMatchObject({ files: 7 });
  });

  test('all names changed at once', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write(numbered(0, 10));
    await site.backUp();
    await rename(join(site.root, 'd'), join(site.root, 'e'));
    expect((await site.suspect()).summary).toMatchObject({ files: 10, suspect: { files: 10, lost: 10 } });
    // Some are gone, and of others a new content came.
    await site.write(numbered(0, 9));
    expect(await site.backUp()).toMatchObject({ files: 9 });
  });

  test('that is accepted is a run like any other, once and for all', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write(numbered(0, 12));
    const good = await site.backUp();
    await site.write(['left']);
    const { runId } = (await site.suspect()).summary;
    const accepted = await site.accept(runId);
    expect(accepted.suspect).toMatchObject({ lost: 12, acceptedAt: expect.stringMatching(/Z$/u) });
    expect(await site.accept(runId)).toEqual(accepted);
    expect(await site.latest()).toBe(runId);
    expect(await site.keepLast(1)).toEqual([
      [runId, 'kept', 'last 1 of 1'],
      [good.runId, 'forgotten', 'no rule keeps it'],
    ]);
    expect(await site.run<PruneSummary>('prune', {})).toMatchObject({ keptRuns: 1, forgottenRuns: 1 });
    expect(await site.blobs()).toEqual([expect.stringMatching(/\/left$/u)]);
    expect(await site.backUp()).toMatchObject({ files: 1, unchanged: 1 });
    await expect(site.accept('latest')).rejects.toMatchObject({ type: 'InvalidInput' });
    await expect(site.accept('20260102T030405Z-0123abcd')).rejects.toMatchObject({ type: 'RunNotFound' });
    await expect(site.accept(good.runId)).rejects.toMatchObject({ type: 'RunNotFound' });
  });

  test('as it was expected to, or of which none was there before, is a success', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write([]);
    expect(await site.backUp()).toMatchObject({ files: 0, complete: true });
    expect(await site.backUp()).toMatchObject({ files: 0, complete: true });
    await site.write(numbered(0, 12));
    await site.backUp();
    await site.write([]);
    const { runId } = await site.backUp({ expectLoss: true });
    expect(await site.latest()).toBe(runId);
    expect(await site.backUp()).toMatchObject({ files: 0, unchanged: 0 });
  });

  test('to other filters says so, and goes by the last run of the same ones', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write([...numbered(0, 12), 'docs/a', 'docs/b']);
    const whole = await site.backUp();
    const filters = { exclude: ['/d/'] };
    const { summary } = await site.suspect({ filters });
    expect(summary.suspect?.reasons).toEqual([
      `12 of the 14 files of run ${whole.runId} are gone, and at most 50% may be; its filters are other ones than that run's`,
    ]);
    await site.accept(summary.runId);
    expect(await site.backUp({ filters })).toMatchObject({ files: 2 });
    // Taking turns with the whole is no loss.
    expect(await site.backUp()).toMatchObject({ files: 14 });
    expect(await site.backUp({ filters })).toMatchObject({ files: 2 });
  });

  test('of the wrong form: what may be lost', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    await site.write(['a']);
    for (const maxLoss of [0, 1.5, '50%', null])
      expect(await site.fail('backup', { root: site.root, maxLoss })).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringMatching(/^maxLoss: must be /u),
      });
  });
});
