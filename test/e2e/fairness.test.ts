import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { BackupInput, BackupSummary } from '../../src/contracts/backup.ts';
import { createBlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

test('a small run does not wait for the hundreds of copies that a huge one has queued', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, {
    ...Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`huge/d${i % 30}/f${i}`, 10 + (i % 90)])),
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`small/f${i}`, 10 + i])),
  });
  const [hugeRoot, smallRoot] = [join(root, 'huge'), join(root, 'small')];
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const taskQueue = randomUUID();
  const start = (input: BackupInput) =>
    client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [input] });
  const sends = ({ method, path }: SeenRequest, directory: string) =>
    method === 'PUT' && path.includes(`${directory}/`) && !path.includes('.durable-backup');
  const sentOfHuge = () => proxy.requests.filter((request) => sends(request, hugeRoot)).length;

  // All 300 copies of the huge run are asked for at once, and the worker does two at a time.
  const begun = proxy.hold((request) => sends(request, hugeRoot) && sentOfHuge() >= 200);
  vi.stubEnv('WORKER_MAX_ACTIVITIES', '2');
  const { connectionString } = proxy;
  const worker = await startWorkerProcess({ connectionString, taskQueue, container: `fair-${randomUUID()}`, root });
  vi.unstubAllEnvs();
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const huge = await start({ root: hugeRoot, options: { window: 300, packFiles: 10, smallTreeFiles: 0 } });
  await begun.reached;
  const small = await start({ root: smallRoot });
  const before = sentOfHuge();
  begun.release();

  expect((await small.result()) as BackupSummary).toMatchObject({ files: 10, complete: true });
  const { manifest } = (await small.result()) as BackupSummary;
  expect((await huge.result()) as BackupSummary).toMatchObject({ files: 3000, complete: true });
  // Each of its ten copies gives way to one or two of the other run's, of ten files. First come, first served would be all 3,000.
  const committed = proxy.requests.findIndex(({ method, path }) => method === 'PUT' && path.endsWith(manifest));
  expect(committed).toBeGreaterThan(0);
  const meanwhile = proxy.requests.slice(0, committed).filter((request) => sends(request, hugeRoot)).length - before;
  expect(meanwhile).toBeLessThan(1000);
});
