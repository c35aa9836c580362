import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { BackupInput, Preview } from '../../src/contracts/backup.ts';
import { workerQueue } from '../../src/contracts/job.ts';
import { recordHistory } from '../support/record-history.ts';
import { connect, startWorker } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const told: Preview = {
  root: '/data',
  prefix: '',
  counts: { upload: 1, unchanged: 0, record: 0, skip: 0, fail: 0, exclude: 0 },
  uploadBytes: 10,
  unchangedBytes: 0,
  rows: [],
  moreRows: 0,
  warnings: [],
};

test('a preview looks where the files of a named worker are', async () => {
  const worker = `host-${randomUUID()}`;
  const asked: BackupInput[] = [];
  const previewBackup = (input: BackupInput) => Promise.resolve(asked.push(input) > 0 && told);
  const elsewhere = await startWorker({});
  onTestFinished(elsewhere.stop);
  const there = await startWorker({ previewBackup }, { taskQueue: workerQueue(worker) });
  onTestFinished(there.stop);
  const input = { root: '/data', worker };
  const handle = await client.workflow.start('preview', {
    taskQueue: elsewhere.taskQueue,
    workflowId: randomUUID(),
    args: [input],
  });
  expect(await handle.result()).toEqual(told);
  expect(asked).toEqual([input]);
  await recordHistory(handle, 'preview');
});
