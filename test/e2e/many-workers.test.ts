import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { createBlobProxy } from '../support/blob-proxy.ts';
import { containerClient, expectHolds } from '../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const workers = 3;
const activitiesOfOne = 2;

test('several workers copy files of one run at the same time', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`d${i % 5}/f${i}`, 100 + i])));
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const settings = { connectionString, taskQueue: randomUUID(), container: `many-${randomUUID()}`, root };
  vi.stubEnv('WORKER_MAX_ACTIVITIES', String(activitiesOfOne));
  const started = await Promise.all(Array.from({ length: workers }, () => startWorkerProcess(settings)));
  vi.unstubAllEnvs();
  onTestFinished(async () => {
    await Promise.all(started.map((worker) => worker.stop()));
    await proxy.close();
  });

  // No file is stored before as many are on their way as all workers together can have, one to an activity.
  let arrived = 0;
  const allBusy = Promise.withResolvers<void>();
  proxy.rule(async ({ method, path }) => {
    if (method !== 'PUT' || !path.includes(`${root}/`)) return undefined;
    if ((arrived += 1) === workers * activitiesOfOne) allBusy.resolve();
    await allBusy.promise;
    return undefined;
  });
  const { taskQueue, container } = settings;
  const handle = await client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [{ root }] });
  const summary = (await handle.result()) as BackupSummary;
  expect(summary).toMatchObject({ files: 60, uploaded: 60, failed: 0, complete: true });
  await expectHolds(containerClient(container), root, summary.manifest);

  const { events } = await handle.fetchHistory();
  const identities = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.identity ?? []);
  expect(new Set(identities).size).toBe(workers);
});
