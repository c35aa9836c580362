import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { JobOptions } from '../../src/contracts/job.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { createBlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { interrupt } from '../support/interrupt.ts';
import { containerClient, expectHolds } from '../support/stored-run.ts';
import { temporaryDirectory, writeLarge, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const MiB = 1024 * 1024;

interface Interruption {
  readonly root: string;
  readonly during: (request: SeenRequest) => boolean;
  readonly options?: Partial<JobOptions>;
}

/** Backs up `root` with a worker that dies at the given moment, and checks what storage then holds. */
async function interruptBackup(whenFinished: typeof onTestFinished, { root, ...moment }: Interruption) {
  const input = { root };
  const { result, container, ...requests } = await interrupt(whenFinished, {
    client,
    job: 'backup',
    input,
    root,
    ...moment,
  });
  expect(result).toMatchObject({ complete: true, failed: 0 });
  const entries = await expectHolds(containerClient(container), root, result.manifest);
  return { summary: result, entries, ...requests };
}

const isSystem = ({ path }: SeenRequest) => path.includes('/.durable-backup/');
const sendsFile = (request: SeenRequest) =>
  request.method === 'PUT' && !isSystem(request) && !request.query.has('restype') && request.bytes > 0;
const paths = (requests: readonly SeenRequest[]) => requests.filter(sendsFile).map(({ path }) => path);
const pages =
  (number: number) =>
  ({ method, path }: SeenRequest) =>
    method === 'PUT' && path.endsWith(`/pages/${String(number).padStart(8, '0')}.ndjson`);

const smallFiles = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d${i % 7}/f${i}`, 10 + i]));

describe.concurrent('a worker killed in the middle loses nothing', () => {
  test('while it lists the first page', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeTree(root, smallFiles);
    const { summary, before } = await interruptBackup(onTestFinished, { root, during: pages(0) });
    expect(summary).toMatchObject({ files: 300, uploaded: 300 });
    expect(paths(before)).toEqual([]);
  });

  test('while it lists a later page', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeTree(root, smallFiles);
    const { summary } = await interruptBackup(onTestFinished, {
      root,
      during: pages(2),
      options: { pageEntries: 60, packFiles: 20 },
    });
    expect(summary.files).toBe(300);
  });

  test('while it copies small files, and only those under way are sent again', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeTree(root, smallFiles);
    let sent = 0;
    const { summary, before, after } = await interruptBackup(onTestFinished, {
      root,
      during: (request) => sendsFile(request) && (sent += 1) === 150,
    });
    expect(summary.files).toBe(300);
    const again = paths(after).filter((path) => paths(before).includes(path));
    // Two packs with eight files under way each.
    expect(again.length).toBeLessThanOrEqual(16);
    expect(new Set(paths(after)).size).toBe(paths(after).length);
  });

  test('while it writes the outcomes of a copy, and no file is sent again', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeTree(root, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, 10 + i])));
    const { summary, after } = await interruptBackup(onTestFinished, {
      root,
      during: ({ method, path }) => method === 'PUT' && path.includes('/outcomes/'),
      options: { smallTreeFiles: 0 },
    });
    expect(summary.files).toBe(60);
    expect(paths(after)).toEqual([]);
  });

  test('while it copies a large file, and only the blocks under way are sent again', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeLarge(join(root, 'large'), 120 * MiB);
    let blocks = 0;
    const isBlock = (request: SeenRequest) => request.query.get('comp') === 'block';
    const { summary, before, after } = await interruptBackup(onTestFinished, {
      root,
      during: (request) => isBlock(request) && (blocks += 1) === 8,
    });
    expect(summary).toMatchObject({ files: 1, bytes: 120 * MiB });
    const ids = (requests: readonly SeenRequest[]) => requests.filter(isBlock).map(({ query }) => query.get('blockid'));
    const again = ids(after).filter((id) => ids(before).includes(id));
    expect(again.length).toBeLessThanOrEqual(4);
    expect(new Set([...ids(before), ...ids(after)]).size).toBe(120 / 8);
  });

  test('while it commits a large file, and no block is sent again', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeLarge(join(root, 'large'), 20 * MiB);
    const { after } = await interruptBackup(onTestFinished, {
      root,
      during: ({ query }) => query.get('comp') === 'blocklist' && query.get('blocklisttype') === null,
    });
    expect(after.filter(({ query }) => query.get('comp') === 'block')).toEqual([]);
  });

  test('while it seals a page', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeTree(root, { a: 1, b: 2 });
    const { after } = await interruptBackup(onTestFinished, {
      root,
      during: ({ method, path }) => method === 'PUT' && path.includes('/manifest/'),
    });
    expect(paths(after)).toEqual([]);
  });

  test('while it commits the run', async ({ onTestFinished }) => {
    const root = await temporaryDirectory(onTestFinished);
    await writeTree(root, { a: 1, b: 2 });
    const { after } = await interruptBackup(onTestFinished, {
      root,
      during: ({ method, path }) => method === 'PUT' && path.endsWith('/manifest.json'),
    });
    expect(paths(after)).toEqual([]);
  });
});

test('a worker told to stop hands its copies on to the next', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, smallFiles);
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const settings = {
    connectionString: proxy.connectionString,
    taskQueue: randomUUID(),
    container: `stop-${randomUUID()}`,
    root,
  };
  const first = await startWorkerProcess(settings);
  let sent = 0;
  const held = proxy.hold((request) => sendsFile(request) && (sent += 1) === 100);
  const handle = await client.workflow.start('backup', {
    taskQueue: settings.taskQueue,
    workflowId: randomUUID(),
    args: [{ root }],
  });
  await held.reached;
  const stopped = first.stop();
  held.release();
  expect(await stopped).toBe(0);
  const second = await startWorkerProcess(settings);
  onTestFinished(async () => {
    await second.stop();
    await proxy.close();
  });
  const summary = (await handle.result()) as BackupSummary;
  expect(summary).toMatchObject({ files: 300, complete: true });
  await expectHolds(containerClient(settings.container), root, summary.manifest);
});
