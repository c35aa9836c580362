import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { JobExistsError, type Jobs } from '../../../src/client/jobs/jobs.ts';
import { workflowNames } from '../../../src/contracts/job.ts';
import { resumeUpdate, suspendUpdate } from '../../../src/workflows/messages.ts';
import { createBlobProxy } from '../../support/blob-proxy.ts';
import { writeLarge, writeTree } from '../../support/tree.ts';
import { startApi, startWorker } from '../http/harness.ts';

const MiB = 1024 * 1024;

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(50);
  }
}

function startBackup(jobs: Jobs, root: string, instanceId?: string): Promise<string> {
  return jobs.start(workflowNames.backup, [{ root }], {
    ...(instanceId !== undefined && { instanceId }),
    summary: 'a test',
  });
}

/** Jobs with a worker whose storage can be held up. */
async function withProxy() {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const api = await startApi({ connectionString: proxy.connectionString });
  return { ...api, proxy };
}

test('an id is taken while its instance runs, and free again afterwards', async () => {
  const { jobs, root, client } = await startApi();
  const instanceId = randomUUID();
  expect(await startBackup(jobs, root, instanceId)).toBe(instanceId);
  await expect(startBackup(jobs, root, instanceId)).rejects.toThrow(JobExistsError);
  await client.workflow.getHandle(instanceId).terminate('enough');
  expect(await startBackup(jobs, root, instanceId)).toBe(instanceId);
});

test('an instance is under way until it ends, whatever task queue asks', async () => {
  const { jobs, root, client } = await startApi();
  const others = (await startApi()).jobs;
  const instanceId = await startBackup(jobs, root);
  expect(await others.isUnderWay(instanceId)).toBe(true);
  await client.workflow.getHandle(instanceId).terminate('enough');
  expect([await others.isUnderWay(instanceId), await others.isUnderWay(randomUUID())]).toEqual([false, false]);
});

test('an instance goes from Pending over Running to Completed', async () => {
  const api = await withProxy();
  const { jobs, root, proxy } = api;
  await writeTree(root, { 'a.txt': 10 });
  const id = await startBackup(jobs, root);
  expect(await jobs.status(id)).toMatchObject({
    name: 'backup',
    instanceId: id,
    runtimeStatus: 'Pending',
    input: { root },
    customStatus: null,
    output: null,
  });
  const held = proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/a.txt'));
  await startWorker(api);
  await held.reached;
  expect(await jobs.status(id)).toMatchObject({
    runtimeStatus: 'Running',
    customStatus: { phase: 'copying' },
    output: null,
  });
  held.release();
  expect(await jobs.result(id)).toMatchObject({ status: 'Completed', output: { files: 1, bytes: 10 } });
  const status = await jobs.status(id);
  expect(status).toMatchObject({ runtimeStatus: 'Completed', output: { files: 1 }, customStatus: { phase: 'done' } });
  expect(status?.lastUpdatedTime.getTime()).toBeGreaterThan(status?.createdTime.getTime() ?? Infinity);
});

test('a suspended instance is Suspended until it is resumed', async () => {
  const api = await withProxy();
  const { jobs, root, proxy, client } = api;
  await writeTree(root, { 'a.txt': 10 });
  const held = proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/a.txt'));
  await startWorker(api);
  const id = await startBackup(jobs, root);
  await held.reached;
  const handle = client.workflow.getHandle(id);
  await handle.executeUpdate(suspendUpdate, { args: ['lunch'] });
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Suspended', customStatus: { suspended: true } });
  await handle.executeUpdate(resumeUpdate, { args: ['back'] });
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Running', customStatus: { suspended: false } });
  held.release();
  expect(await jobs.result(id)).toMatchObject({ status: 'Completed' });
});

test('a cancelled instance is stopping, then Canceled, and cancelling it again does nothing', async () => {
  const api = await startApi();
  const { jobs, root } = api;
  const id = await startBackup(jobs, root);
  expect(await jobs.isStopping(id)).toBe(false);
  await jobs.cancel(id);
  expect(await jobs.isStopping(id)).toBe(true);
  await startWorker(api);
  expect(await jobs.result(id)).toEqual({ status: 'Canceled' });
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Canceled', output: null });
  expect(await jobs.isStopping(id)).toBe(false);
  await jobs.cancel(id);
});

test('a terminated instance shows the reason as output', async () => {
  const { jobs, root, client } = await startApi();
  const id = await startBackup(jobs, root);
  await client.workflow.getHandle(id).terminate('out of patience');
  expect(await jobs.result(id)).toEqual({ status: 'Terminated', reason: 'out of patience' });
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'out of patience' });
});

test('a failed instance shows the text of its failure, and its result the type', async () => {
  const api = await startApi();
  const { jobs } = api;
  await startWorker(api);
  const id = await startBackup(jobs, join(api.root, 'gone'));
  expect(await jobs.result(id)).toMatchObject({ status: 'Failed', failure: { type: 'RootNotFound' } });
  expect(await jobs.status(id)).toMatchObject({
    runtimeStatus: 'Failed',
    output: expect.stringContaining('does not exist'),
  });
});

test('progress counts the bytes of a copy still under way', async () => {
  const api = await withProxy();
  const { jobs, root, proxy } = api;
  await writeLarge(join(root, 'large'), 64 * MiB);
  const commit = ({ method, query }: { method: string; query: URLSearchParams }) =>
    method === 'PUT' && query.get('comp') === 'blocklist';
  const held = proxy.hold(commit);
  await startWorker(api);
  const id = await startBackup(jobs, root);
  await held.reached;
  const progress = await until(async () => {
    const now = await jobs.progress(id);
    return now !== undefined && now.bytes > 0 && now;
  });
  expect(progress).toMatchObject({ phase: 'copying', files: 0, totalFiles: 1, totalBytes: 64 * MiB });
  held.release();
  await jobs.result(id);
  expect(await jobs.progress(id)).toMatchObject({ phase: 'done', files: 1, bytes: 64 * MiB });
});

test('progress tells what is being tried again, and why', async () => {
  const api = await withProxy();
  const { jobs, root, proxy } = api;
  await writeTree(root, { a: 10 });
  const accept = proxy.rule(({ method, path }) =>
    method === 'PUT' && path.endsWith('/a') ? { status: 503 } : undefined,
  );
  await startWorker(api);
  const id = await startBackup(jobs, root);
  const progress = await until(async () => {
    const now = await jobs.progress(id);
    return now?.retrying !== undefined && now;
  });
  expect(progress).toMatchObject({ retrying: { activities: 1, reason: expect.stringContaining('answered 503') } });
  accept();
  await jobs.result(id);
  expect(await jobs.progress(id)).not.toHaveProperty('retrying');
});

test('progress and status of an instance that does not exist are undefined', async () => {
  const { jobs } = await startApi();
  expect(await jobs.progress('none')).toBeUndefined();
  expect(await jobs.status('none')).toBeUndefined();
});

test('workers are there once one has asked for work', async () => {
  const api = await startApi();
  expect(await api.jobs.hasWorkers()).toBe(false);
  await startWorker(api);
  expect(await until(() => api.jobs.hasWorkers())).toBe(true);
});

test('a status is to be had while no worker is up, from what the run published last', async () => {
  const api = await withProxy();
  const { jobs, root, proxy } = api;
  await writeTree(root, { 'a.txt': 10 });
  const held = proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/a.txt'));
  const worker = await startWorker(api);
  const id = await startBackup(jobs, root);
  await held.reached;
  const stopped = worker.stop();
  held.release();
  await stopped;
  expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Running', customStatus: { totalFiles: 1 } });
});
