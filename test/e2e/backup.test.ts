import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { inject } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { containerClient, expectHolds, readManifest } from '../support/stored-run.ts';
import { findFiles, temporaryDirectory, writeLarge, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const KiB = 1024;
const MiB = 1024 * KiB;

async function backUp(root: string, container = `e2e-${randomUUID()}`) {
  const taskQueue = randomUUID();
  const worker = await startWorkerProcess({ connectionString: inject('connectionString'), taskQueue, container, root });
  onTestFinished(async () => void (await worker.stop()));
  const execute = (input: object = {}) =>
    client.workflow.execute('backup', {
      taskQueue,
      workflowId: randomUUID(),
      args: [{ root, ...input }],
    }) as Promise<BackupSummary>;
  return { container: containerClient(container), execute };
}

test('every byte of a tree of odd names and sizes arrives', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, {
    empty: 0,
    'one-byte': 1,
    'just-below-a-block': 8 * MiB - 1,
    'a-block': 8 * MiB,
    'just-over-a-block': 8 * MiB + 1,
    'two-blocks': 16 * MiB,
    'over-a-pack': 33 * MiB,
    'spaces and more/a b.txt': 100,
    'percent/100%/%2e%2e/%41': 101,
    'query?and#hash/a?b#c': 102,
    'back\\slash/a\\b': 103,
    'dots/file.': 104,
    'dots/file..': 105,
    'dots/...': 106,
    'dots/ends in space ': 107,
    'controls/a\u0001b\u007fc': 108,
    'controls/new\nline': 109,
    'unicode/e\u0301 and \u00e9/\u65e5\u672c\u8a9e/\u{1f600}': 110,
    'unicode/\ufffd\uffff': 111,
    '.durable-backup/not ours': 112,
    'a/file': 113,
    'a.b': 114,
    'a-b': 115,
    [`${'n'.repeat(255)}/${'m'.repeat(255)}/${'o'.repeat(255)}/${'p'.repeat(255)}/long`]: 116,
  });
  await writeFile(Buffer.concat([Buffer.from(`${root}/not utf-8 `), Buffer.from([0xff, 0xfe, 0x2e])]), 'bytes');
  await writeLarge(join(root, 'large'), 300 * MiB);
  await mkdir(join(root, 'empty directory'));
  await symlink('/etc/passwd', join(root, 'link out'));
  await symlink('a/file', join(root, 'link in'));
  await chmod(join(root, 'a/file'), 0o640);
  await utimes(join(root, 'a/file'), 1_000_000_000.5, 1_000_000_000.25);
  const socket = createServer().listen(join(root, 'socket'));
  onTestFinished(() => void socket.close());
  const fifo = spawn('mkfifo', [join(root, 'fifo')]);
  await once(fifo, 'exit');

  const { container, execute } = await backUp(root);
  const summary = await execute();

  const files = findFiles(root);
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  expect(summary).toMatchObject({
    complete: true,
    files: files.size,
    bytes,
    uploaded: files.size,
    skipped: 2,
    symlinks: 2,
    failed: 0,
  });
  const entries = await expectHolds(container, root, summary.manifest);

  const entry = (path: string) => entries.find((candidate) => candidate.path === path);
  expect(entry('empty directory')).toMatchObject({ kind: 'directory', outcome: 'recorded' });
  expect(entry('link out')).toMatchObject({ kind: 'symlink', outcome: 'recorded', target: '/etc/passwd' });
  expect(entry('socket')).toMatchObject({ kind: 'other', outcome: 'skipped' });
  expect(entry('fifo')).toMatchObject({ kind: 'other', outcome: 'skipped' });
  expect(entry('a/file')).toMatchObject({ mode: 0o640, mtimeNs: '1000000000250000000' });

  // Plain paths are the original's names, and every blob says by itself what it is.
  const plain = container.getBlobClient(`${root.slice(1)}/a/file`);
  expect((await plain.getProperties()).metadata).toEqual({
    sha256: entry('a/file')?.sha256,
    mtime: '1000000000250000000',
    mode: '0640',
    run: summary.runId,
  });
});

test('a second backup of the same tree sends no file again', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { a: 10, 'b/c': 9 * MiB, 'b/d': 20 });
  const { container, execute } = await backUp(root);
  await execute();
  const second = await execute();
  expect(second).toMatchObject({ files: 3, uploaded: 0, unchanged: 3, uploadedBytes: 0, complete: true });
  await expectHolds(container, root, second.manifest);
});

test('a changed file is overwritten and what it was is kept as a snapshot', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { same: 10, changing: 20 });
  const { container, execute } = await backUp(root);
  const first = await execute();
  const { entries } = await readManifest(container, first.manifest);
  await writeFile(join(root, 'changing'), 'new');
  const second = await execute();
  expect(second).toMatchObject({ uploaded: 1, unchanged: 1 });
  await expectHolds(container, root, second.manifest);

  const was = entries.find(({ path }) => path === 'changing');
  const snapshots = [];
  for await (const blob of container.listBlobsFlat({ prefix: was?.blob ?? '', includeSnapshots: true })) {
    if (blob.snapshot) snapshots.push(blob);
  }
  expect(snapshots).toHaveLength(1);
  const old = await container
    .getBlobClient(was?.blob ?? '')
    .withSnapshot(snapshots[0]?.snapshot ?? '')
    .downloadToBuffer();
  expect(old.length).toBe(20);
});

test('many pages and packs hold every path once, in order', async () => {
  const root = await temporaryDirectory();
  const names = Array.from({ length: 1200 }, (_, i) => [`d${i % 37}/e${i % 5}/f${i}`, i % 300] as const);
  await writeTree(root, Object.fromEntries(names));
  const { container, execute } = await backUp(root);
  const options = { pageEntries: 250, packFiles: 40, packBytes: 4 * KiB, smallTreeFiles: 0, window: 5 };
  const summary = await execute({ options });
  expect(summary).toMatchObject({ files: 1200, complete: true });
  const entries = await expectHolds(container, root, summary.manifest);
  const keys = entries.map(({ path, kind }) => (kind === 'directory' ? `${path}/` : path));
  expect(keys).toEqual(keys.toSorted());
  expect(new Set(keys).size).toBe(keys.length);
});

test('an empty directory is a success of nothing', async () => {
  const root = await temporaryDirectory();
  const { container, execute } = await backUp(root);
  const summary = await execute();
  expect(summary).toMatchObject({ files: 0, bytes: 0, complete: true });
  expect((await readManifest(container, summary.manifest)).manifest).toMatchObject({ complete: true, files: 0 });
});
