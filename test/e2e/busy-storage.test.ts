import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { createBlobProxy, type BlobProxy } from '../support/blob-proxy.ts';
import { temporaryDirectory, writeLarge, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const MiB = 1024 * 1024;
const files = 400;

/** Backs up the directory through a proxy, to a container of its own. */
async function backUp(root: string, spoil: (proxy: BlobProxy) => void) {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const settings = { connectionString, taskQueue: randomUUID(), container: `busy-${randomUUID()}`, root };
  const worker = await startWorkerHere(settings);
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  spoil(proxy);
  const handle = await client.workflow.start('backup', {
    taskQueue: settings.taskQueue,
    workflowId: randomUUID(),
    args: [{ root }],
  });
  const result: unknown = await handle.result();
  return { result, requests: proxy.requests, proxy };
}

test('storage that is busy one time in five gets a whole backup, and hardly more requests than it refused', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: files }, (_, i) => [`d${i % 7}/f${i}`, 100 + i])));
  await writeLarge(join(root, 'large'), 64 * MiB);
  const calm = await backUp(root, () => undefined);
  let refused = 0;
  const busy = await backUp(root, (proxy) => {
    let seen = 0;
    proxy.rule(() => {
      seen += 1;
      if (seen % 5 !== 0) return undefined;
      refused += 1;
      return { status: 503, code: 'ServerBusy' };
    });
  });
  for (const { result } of [calm, busy]) expect(result).toMatchObject({ files: files + 1, failed: 0, complete: true });
  expect(refused).toBeGreaterThan(files / 5);
  const most = (requests: BlobProxy['requests']) => Math.max(...requests.map(({ inFlight }) => inFlight));
  expect(busy.requests.length).toBeLessThan(calm.requests.length * 1.6);
  expect(most(busy.requests.slice(100))).toBeLessThan(most(calm.requests) / 2);
});
