import { randomUUID } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { RestoreSummary } from '../../src/contracts/restore.ts';
import { createBlobProxy } from '../support/blob-proxy.ts';
import { deepTree } from '../support/deep-tree.ts';
import { interrupt } from '../support/interrupt.ts';
import { containerClient, readManifest } from '../support/stored-run.ts';
import { findFiles, temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

/** A worker that may read and write below all of `roots`, and what it is asked to do. */
async function openWorker(...roots: string[]) {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const settings = {
    connectionString,
    taskQueue: randomUUID(),
    container: `any-${randomUUID()}`,
    root: roots.join(':'),
  };
  const worker = await startWorkerHere(settings);
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const start = (job: string, input: object) =>
    client.workflow.start(job, { taskQueue: settings.taskQueue, workflowId: randomUUID(), args: [input] });
  return { proxy, start, container: containerClient(settings.container) };
}

/** What a run that is not complete says of itself. */
async function incomplete(ended: Promise<unknown>): Promise<BackupSummary> {
  const error = await ended.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const cause = (error as WorkflowFailedError).cause as { type?: string; details?: [BackupSummary] };
  expect(cause.type).toBe('BackupIncomplete');
  return cause.details![0];
}

test('of folders nested 10,000 deep, all that can be opened is backed up and restored, and the rest is said to be too deep', async () => {
  const root = await deepTree(
    Array.from({ length: 10_000 }, () => 'deep down'),
    (level) => level % 10 === 0,
  );
  const target = await temporaryDirectory();
  const { start, container } = await openWorker(root, target);
  const summary = await incomplete((await start('backup', { root })).result());
  const openable = Math.floor((4095 - root.length) / 100);
  expect(summary).toMatchObject({ complete: false, files: openable, uploaded: openable, failed: 1 });
  expect(summary.failures[0]?.reason).toContain('ENAMETOOLONG: its path has');
  const { entries } = await readManifest(container, summary.manifest);
  for (const { blob } of entries.filter(({ kind }) => kind === 'file')) expect(blob?.length).toBeLessThanOrEqual(1024);

  // As long as the root, so that whatever could be opened there can be made here.
  const restored = (await (await start('restore', { run: summary.runId, target })).result()) as RestoreSummary;
  expect(restored).toMatchObject({ complete: true, restored: openable, skipped: 1, failed: 0 });
  expect(findFiles(target)).toEqual(
    new Map(entries.filter(({ kind }) => kind === 'file').map(({ path, size }) => [path, size])),
  );
});

test('files whose paths are longer than a blob may be named are backed up and restored', async () => {
  const base = await temporaryDirectory();
  const long = 'n'.repeat(255);
  const names = [`${long}/${long}/${long}/${long}/a`, `${long}/${long}/${long}/${long}/b`, `${'d/'.repeat(300)}c`];
  await writeTree(join(base, 's'), Object.fromEntries(names.map((name, i) => [name, 10 + i])));
  const { start, container } = await openWorker(base);
  const summary = (await (await start('backup', { root: join(base, 's') })).result()) as BackupSummary;
  expect(summary).toMatchObject({ complete: true, files: 3 });
  const { entries } = await readManifest(container, summary.manifest);
  const blobs = entries.filter(({ kind }) => kind === 'file').map(({ blob = '' }) => blob);
  expect(new Set(blobs).size).toBe(3);
  for (const blob of blobs) expect(blob).toMatch(/~[0-9a-f]{32}$/u);
  await (await start('restore', { run: summary.runId, target: join(base, 't') })).result();
  expect(findFiles(join(base, 't'))).toEqual(findFiles(join(base, 's')));
});

test('a worker killed in a directory too large for memory loses nothing of it', async () => {
  const root = await temporaryDirectory();
  // Links, because nothing has to be sent for them.
  const links = Array.from({ length: 60_000 }, (_, i) => `link${i}`);
  for (let i = 0; i < links.length; i += 500) {
    await Promise.all(links.slice(i, i + 500).map((name) => symlink('nowhere', join(root, name))));
  }
  const { result, container, before } = await interrupt(onTestFinished, {
    client,
    job: 'backup',
    input: { root },
    root,
    during: ({ method, path }) => method === 'PUT' && path.endsWith('/pages/00000003.ndjson'),
  });
  expect(result).toMatchObject({ complete: true, symlinks: links.length });
  expect(before.some(({ path }) => path.endsWith('/pages/00000004.ndjson'))).toBe(false);
  const { entries } = await readManifest(containerClient(container), result.manifest);
  expect(entries.map(({ path }) => path)).toEqual(links.toSorted());
});

test('a page that is deleted from storage while its files wait ends the run with the reason, and it is never called complete', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, 10])));
  const { start, proxy, container } = await openWorker(root);
  const held = proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/pages/00000002.ndjson'));
  const handle = await start('backup', { root, options: { pageEntries: 100, packFiles: 10 } });
  await held.reached;
  const page = (await Array.fromAsync(container.listBlobsFlat())).find(({ name }) =>
    name.endsWith('/pages/00000001.ndjson'),
  );
  await container.deleteBlob(page?.name ?? '');
  held.release();
  const error = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toMatchObject({
    activityType: 'sealPage',
    cause: {
      type: 'ManifestInvalid',
      message: expect.stringMatching(/pages\/00000001\.ndjson was there and is gone.*back up again/u),
    },
  });
  const left = (await Array.fromAsync(container.listBlobsFlat())).map(({ name }) => name);
  expect(left.filter((name) => name.endsWith('manifest.json'))).toEqual([]);
});
