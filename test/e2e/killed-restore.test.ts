import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { JobOptions } from '../../src/contracts/job.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { differences, readFingerprint } from '../model/fingerprint.ts';
import type { SeenRequest } from '../support/blob-proxy.ts';
import { interrupt } from '../support/interrupt.ts';
import { temporaryDirectory, writeLarge, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;
let base: string;
let run: string;

const MiB = 1024 * 1024;
const container = `kept-${randomUUID()}`;
const source = () => join(base, 'source');

// One run that all tests restore and verify: they change nothing of it.
beforeAll(async () => {
  ({ client, close } = await connect());
  base = await temporaryDirectory(() => undefined);
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`d${i % 7}/f${i}`, 10 + i]));
  await writeTree(source(), files);
  await writeLarge(join(source(), 'large'), 40 * MiB);
  await mkdir(join(source(), 'empty'));
  await chmod(join(source(), 'd3'), 0o555);
  await symlink('../d1/f1', join(source(), 'link'));
  const settings = { connectionString: inject('connectionString'), taskQueue: randomUUID(), container, root: base };
  const worker = await startWorkerProcess(settings);
  const handle = await client.workflow.start('backup', {
    taskQueue: settings.taskQueue,
    workflowId: randomUUID(),
    args: [{ root: source() }],
  });
  run = ((await handle.result()) as BackupSummary).runId;
  await worker.stop();
});
afterAll(async () => {
  await close();
  await rm(base, { recursive: true, force: true });
});

const options: Partial<JobOptions> = { pageEntries: 60, packFiles: 20 };
const reads = ({ method, path }: SeenRequest) => method === 'GET' && !path.includes('/.durable-backup/');
const writes =
  (part: string) =>
  ({ method, path }: SeenRequest) =>
    method === 'PUT' && path.includes(part);
const nth = (count: number, matches: (request: SeenRequest) => boolean) => {
  let seen = 0;
  return (request: SeenRequest) => matches(request) && (seen += 1) === count;
};

describe.concurrent('a restore whose worker is killed in the middle is complete and exact', () => {
  test.for<{ phase: string; during: (request: SeenRequest) => boolean }>([
    { phase: 'checks the manifest', during: ({ method, path }) => method === 'GET' && path.includes('/manifest/') },
    { phase: 'plans the first page', during: nth(1, writes('/pages/')) },
    { phase: 'plans a later page', during: nth(2, writes('/pages/')) },
    { phase: 'reads small files', during: nth(70, reads) },
    { phase: 'reads a large file', during: nth(3, (request) => reads(request) && request.path.endsWith('/large')) },
    { phase: 'writes outcomes', during: nth(2, writes('/outcomes/')) },
    { phase: 'seals a page', during: nth(2, writes('/ledger/')) },
    { phase: 'commits', during: writes('/report.json') },
  ])('while it $phase', async ({ during }, { onTestFinished }) => {
    const target = join(base, randomUUID());
    const { result } = await interrupt(onTestFinished, {
      client,
      job: 'restore',
      input: { run, target },
      options,
      container,
      root: base,
      during,
    });
    expect(result).toMatchObject({ runId: run, complete: true, failed: 0, files: 201, symlinks: 1 });
    expect(differences(await readFingerprint(source()), await readFingerprint(target))).toEqual([]);
  });
});

describe.concurrent('a verification whose worker is killed in the middle says what is', () => {
  test.for<{ phase: string; deep: boolean; during: (request: SeenRequest) => boolean }>([
    { phase: 'lists the container', deep: false, during: ({ query }) => query.get('comp') === 'list' },
    { phase: 'plans a page', deep: true, during: nth(2, writes('/pages/')) },
    { phase: 'reads files', deep: true, during: nth(70, reads) },
    { phase: 'seals a page', deep: true, during: nth(1, writes('/ledger/')) },
    { phase: 'commits', deep: false, during: writes('/report.json') },
  ])('while it $phase', async ({ during, deep }, { onTestFinished }) => {
    const { result } = await interrupt(onTestFinished, {
      client,
      job: 'verify',
      input: { run, deep },
      options,
      container,
      root: base,
      during,
    });
    expect(result).toMatchObject({ files: 201, intact: 201, missing: 0, corrupt: 0, complete: true });
  });
});
