import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import { createBlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { containerClient, expectHolds } from '../support/stored-run.ts';
import { temporaryDirectory, writeLarge } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const MiB = 1024 * 1024;

test('a large file stops when its backup is suspended, and goes on at the block where it was', async () => {
  const root = await temporaryDirectory();
  await writeLarge(join(root, 'large'), 200 * MiB);
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const settings = { connectionString, taskQueue: randomUUID(), container: `suspend-${randomUUID()}`, root };
  const worker = await startWorkerHere(settings);
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const isBlock = ({ query }: SeenRequest) => query.get('comp') === 'block';
  const sent = () => proxy.requests.filter(isBlock).map(({ query }) => query.get('blockid'));
  const held = proxy.hold((request) => isBlock(request) && sent().length === 8);
  // So do those after it, or all might be there before the worker has heard of the suspension.
  const suspended = Promise.withResolvers<void>();
  proxy.rule(async (request) => {
    if (isBlock(request) && sent().length > 8) await suspended.promise;
    return undefined;
  });
  const { taskQueue } = settings;
  const handle = await client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [{ root }] });
  await held.reached;
  await handle.executeUpdate(suspendUpdate, { args: ['lunch'] });
  // The copy is gone once its worker has given it back.
  await expect.poll(async () => (await handle.describe()).raw.pendingActivities ?? []).toEqual([]);
  held.release();
  suspended.resolve();
  const before = sent().length;
  expect(before).toBeLessThan(25);

  await handle.executeUpdate(resumeUpdate, { args: [''] });
  const summary = (await handle.result()) as BackupSummary;
  expect(summary).toMatchObject({ files: 1, complete: true });
  const again = sent().length - new Set(sent()).size;
  expect(again).toBeLessThanOrEqual(4);
  expect(new Set(sent()).size).toBe(25);
  await expectHolds(containerClient(settings.container), root, summary.manifest);
});
