import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, type onTestFinished, test } from 'vitest';
import { markForgotten } from '../../src/history/runs/forgotten.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { PruneSummary } from '../../src/contracts/prune.ts';
import type { RestoreSummary } from '../../src/contracts/restore.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { progressQuery } from '../../src/workflows/messages.ts';
import { createBlobProxy, type BlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { leftoversIn } from '../support/leftovers.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const signal = new AbortController().signal;
const options = { heartbeatTimeout: 3000, pageEntries: 10, packFiles: 4, smallTreeFiles: 0 };

/** A worker in a process of its own, and storage behind a proxy. */
interface Site {
  readonly root: string;
  readonly container: string;
  readonly proxy: BlobProxy;
  readonly start: (job: string, input: object) => Promise<WorkflowHandle>;
  readonly run: <T>(job: string, input: object) => Promise<T>;
  /** Kills the worker and starts another. */
  readonly kill: () => Promise<void>;
  readonly forget: (...runs: readonly string[]) => Promise<void>;
}

async function openSite(whenFinished: typeof onTestFinished): Promise<Site> {
  const root = await temporaryDirectory(whenFinished);
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  whenFinished(() => proxy.close());
  const { connectionString } = proxy;
  const container = `prune-${randomUUID()}`;
  const settings = { connectionString, taskQueue: randomUUID(), container, root };
  let worker: WorkerProcess = await startWorkerProcess(settings);
  whenFinished(async () => void (await worker.stop()));
  const start = (job: string, input: object) =>
    client.workflow.start(job, {
      taskQueue: settings.taskQueue,
      workflowId: randomUUID(),
      args: [{ options, ...input }],
    });
  return {
    root,
    container,
    proxy,
    start,
    run: async (job, input) => (await start(job, input)).result(),
    kill: async () => {
      await worker.kill();
      worker = await startWorkerProcess(settings);
    },
    forget: async (...runs) => {
      const store = openBlobStore({ connectionString: inject('connectionString') }, container);
      const mark = { at: new Date().toISOString(), reason: 'named' };
      for (const id of runs) await markForgotten(store, { prefix: '', id }, mark, signal);
    },
  };
}

/** Runs in which each file has another content than before; returns their ids. */
async function backUpTimes({ root, run }: Site, times: number, files = 30): Promise<string[]> {
  const ids: string[] = [];
  for (let time = 1; time <= times; time += 1) {
    await writeTree(join(root, 'site'), filesOf(files, time));
    ids.push((await run<BackupSummary>('backup', { root: join(root, 'site') })).runId);
  }
  return ids;
}

function filesOf(count: number, time: number): Record<string, number> {
  const names = Array.from({ length: count }, (_, i) => `d${i % 3}/f${i}`);
  return Object.fromEntries([...names, `only${time}`].map((name, i) => [name, 100 * time + i]));
}

async function expectPruned({ container, run, root }: Site, kept: readonly string[]): Promise<void> {
  const { files, data, missing } = await leftoversIn(container, kept);
  expect({ files, data, missing }).toEqual({ files: [], data: [], missing: [] });
  for (const id of kept) {
    const target = join(root, 'restored');
    expect(await run<RestoreSummary>('restore', { run: id, target })).toMatchObject({ complete: true, failed: 0 });
    await rm(target, { recursive: true });
  }
}

const isDelete = ({ method }: SeenRequest) => method === 'DELETE';
const moments: Record<string, (request: SeenRequest) => boolean> = {
  'before it has told anybody': ({ method, path }) => method === 'PUT' && path.endsWith('/pruning.json'),
  'while it seals what was forgotten': ({ method, path }) => method === 'PUT' && path.includes('/forgotten/'),
  'while it writes its plan': ({ method, path }) => method === 'PUT' && path.endsWith('/plan.ndjson'),
  'while it writes what is to go': ({ method, path }) =>
    method === 'PUT' && path.includes('/prunes/') && path.includes('/pages/'),
  'at the first delete': isDelete,
  'while it writes its report': ({ method, path }) => method === 'PUT' && path.endsWith('/report.json'),
  'when it lets others have the prefix again': (request) => isDelete(request) && request.path.endsWith('/pruning.json'),
};

// A killed worker's activities are given to another after a while in which there is nothing to do.
describe.concurrent('beside backups and restores, and killed', { timeout: 300_000 }, () => {
  test('killed at one moment after the other, a prune goes on to its end', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    const [first = '', second = '', third = ''] = await backUpTimes(site, 3, 12);
    await site.forget(first, third);
    const holds = Object.values(moments).map((matches) => () => site.proxy.hold(matches));
    let held = holds[0]!();
    const pruning = site.run<PruneSummary>('prune', {});
    const early = pruning.then(() => 'the prune has ended before');
    for (const [i, moment] of Object.keys(moments).entries()) {
      expect([moment, await Promise.race([held.reached, early])]).toEqual([moment, undefined]);
      const { release } = held;
      // Before the killed worker's request goes on, lest the next one passes.
      held = holds[i + 1]?.() ?? held;
      await site.kill();
      release();
    }
    const summary = await pruning;
    expect(summary).toMatchObject({ keptRuns: 1, forgottenRuns: 2, changed: 0 });
    expect(summary.deleted).toBeGreaterThan(0);
    await expectPruned(site, [second]);
  });

  test('killed again and again in the middle of its deletes, a prune comes to its end', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    const [first = '', second = '', third = ''] = await backUpTimes(site, 3, 40);
    await site.forget(first, second);
    const pruning = site.run<PruneSummary>('prune', {});
    for (const deletes of [5, 15, 25]) {
      let seen = 0;
      const held = site.proxy.hold((request) => isDelete(request) && ++seen >= deletes);
      const reached = await Promise.race([held.reached.then(() => true), pruning.then(() => false)]);
      if (reached) await site.kill();
      held.release();
    }
    expect(await pruning).toMatchObject({ keptRuns: 1, forgottenRuns: 2 });
    await expectPruned(site, [third]);
  });

  test('a prune waits for a backup that began before it', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    const [first = ''] = await backUpTimes(site, 1, 8);
    await writeTree(join(site.root, 'site'), filesOf(8, 2));
    const held = site.proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/site/only2'));
    const backup = await site.start('backup', { root: join(site.root, 'site') });
    await held.reached;
    await site.forget(first);
    const pruning = await site.start('prune', {});
    await expect
      .poll(() => pruning.query(progressQuery))
      .toMatchObject({ phase: 'waiting', waitingFor: `backup ${backup.workflowId}` });
    held.release();
    const { runId } = (await backup.result()) as BackupSummary;
    expect(await pruning.result()).toMatchObject({ keptRuns: 1, forgottenRuns: 1 });
    await expectPruned(site, [runId]);
  });

  test('a backup that begins beside a prune keeps what it stored, and what it goes by', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    const [first = '', second = ''] = await backUpTimes(site, 2, 20);
    await site.forget(first, second);
    // Everything is about to be deleted, and the backup has the same content again: nothing of it may be adopted.
    const held = site.proxy.hold(isDelete);
    const pruning = await site.start('prune', {});
    await held.reached;
    const copying = site.proxy.hold(
      ({ method, path, query }) => method === 'PUT' && path.endsWith('/d0/f0') && !query.has('comp'),
    );
    const backup = await site.start('backup', { root: join(site.root, 'site') });
    await copying.reached;
    held.release();
    copying.release();
    const [summary, pruned] = [(await backup.result()) as BackupSummary, (await pruning.result()) as PruneSummary];
    expect(summary).toMatchObject({ complete: true, adopted: 0, unchanged: 0 });
    expect(pruned).toMatchObject({ keptRuns: 0, forgottenRuns: 2 });
    const { missing } = await leftoversIn(site.container, [summary.runId]);
    expect(missing).toEqual([]);
    expect(await site.run<PruneSummary>('prune', {})).toMatchObject({ keptRuns: 1 });
    await expectPruned(site, [summary.runId]);
  });

  test('a run that is being restored stays until that has ended', async ({ onTestFinished }) => {
    const site = await openSite(onTestFinished);
    const [first = '', second = ''] = await backUpTimes(site, 2, 20);
    const held = site.proxy.hold(({ method, path }) => method === 'GET' && path.endsWith('/only1'));
    const target = join(site.root, 'target');
    await mkdir(target);
    const restore = await site.start('restore', { run: first, target });
    await held.reached;
    await site.forget(first);
    expect(await site.run<PruneSummary>('prune', {})).toMatchObject({ keptRuns: 2, forgottenRuns: 0, deleted: 0 });
    held.release();
    expect(await restore.result()).toMatchObject({ complete: true, failed: 0, files: 21 });
    expect(await site.run<PruneSummary>('prune', {})).toMatchObject({ keptRuns: 1, forgottenRuns: 1 });
    await expectPruned(site, [second]);
  });
});
