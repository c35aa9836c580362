import { randomUUID } from 'node:crypto';
import type { Client, WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';
import { createBlobProxy } from '../support/blob-proxy.ts';
import { containerClient, expectHolds, readManifest } from '../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

test('a rewind sends exactly the files that failed and completes the manifest of the same run', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d${i % 7}/f${i}`, 10 + i])));
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const settings = { connectionString: proxy.connectionString, taskQueue: randomUUID(), root };
  const container = `rewind-${randomUUID()}`;
  const worker = await startWorkerProcess({ ...settings, container });
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const isRefused = (path: string) => /\/f\d*7$/u.test(path);
  const accept = proxy.rule(({ method, path }) =>
    method === 'PUT' && isRefused(path) ? { status: 403, code: 'AuthorizationPermissionMismatch' } : undefined,
  );
  const start = (...args: unknown[]) =>
    client.workflow.start('backup', { taskQueue: settings.taskQueue, workflowId: 'rewound', args });

  const first = await start({ root, options: { pageEntries: 100 } });
  const error: unknown = await first.result().catch((thrown: unknown) => thrown);
  const failure = (error as WorkflowFailedError).cause as ApplicationFailure;
  expect(failure.type).toBe('BackupIncomplete');
  const [summary, carry] = failure.details as [BackupSummary, BackupCarry];
  expect(summary).toMatchObject({ files: 270, failed: 30, complete: false });
  expect(summary.failures[0]?.reason).toContain('403 AuthorizationPermissionMismatch');
  expect((await readManifest(containerClient(container), summary.manifest)).manifest.complete).toBe(false);

  accept();
  const before = proxy.requests.length;
  const second = (await (await start({ root }, carry)).result()) as BackupSummary;
  expect(second).toMatchObject({
    runId: summary.runId,
    files: 300,
    failed: 0,
    complete: true,
    manifest: summary.manifest,
  });
  const sent = proxy.requests
    .slice(before)
    .filter(({ method, path }) => method === 'PUT' && !path.includes('/.durable-backup/'));
  const files = sent.filter(({ query }) => !query.has('restype')).map(({ path }) => path);
  expect(files).toHaveLength(30);
  expect(files.every(isRefused)).toBe(true);
  await expectHolds(containerClient(container), root, second.manifest);
});
