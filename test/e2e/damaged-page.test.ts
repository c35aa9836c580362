import { randomUUID } from 'node:crypto';
import type { Client, WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { createBlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { containerClient } from '../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const isPageRead = ({ method, path }: SeenRequest) => method === 'GET' && path.includes('/pages/');

async function openSite() {
  const root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 10 + i])));
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const settings = { connectionString: proxy.connectionString, taskQueue: randomUUID(), root };
  const container = `damaged-${randomUUID()}`;
  const worker = await startWorkerHere({ ...settings, container });
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const backUp = async () => {
    const input = { root, options: { packFiles: 4, smallTreeFiles: 0 } };
    const { taskQueue } = settings;
    return client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [input] });
  };
  return { proxy, backUp, container: containerClient(container) };
}

test('a page that is damaged in the middle of a run ends it at once, and what the failure advises helps', async () => {
  const { proxy, backUp, container } = await openSite();
  const held = proxy.hold(isPageRead);
  const run = await backUp();
  await held.reached;
  const [page] = await Array.fromAsync(container.listBlobsFlat()).then((blobs) =>
    blobs.filter(({ name }) => name.includes('/pages/')),
  );
  const blob = container.getBlockBlobClient(page?.name ?? '');
  const bytes = await blob.downloadToBuffer();
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  await blob.upload(bytes, bytes.length);
  held.release();
  const error: unknown = await run.result().catch((thrown: unknown) => thrown);
  const failure = (error as WorkflowFailedError).cause?.cause as ApplicationFailure;
  expect(failure).toMatchObject({ type: 'ManifestInvalid', nonRetryable: true });
  expect(failure.message).toContain(`${blob.name} `);
  expect(failure.message).toContain(': back up again; what is stored already is not sent once more');
  const { history } = await run.fetchHistory().then(({ events }) => ({ history: events ?? [] }));
  expect(history.map(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? 1)).not.toContain(2);
  expect(await (await backUp()).result()).toMatchObject({
    complete: true,
    files: 20,
    failed: 0,
  } satisfies Partial<BackupSummary>);
});

test('a page that goes wrong on the way is read once more', async () => {
  const { proxy, backUp } = await openSite();
  let left = 1;
  proxy.rule((request) =>
    isPageRead(request) && left-- > 0
      ? { tamperAnswer: (body) => Buffer.concat([Buffer.from('?'), body.subarray(1)]) }
      : undefined,
  );
  expect(await (await backUp()).result()).toMatchObject({ complete: true, files: 20, failed: 0 });
});
