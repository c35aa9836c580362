import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { differences, readFingerprint } from '../model/fingerprint.ts';
import { createBlobProxy, type BlobProxy } from '../support/blob-proxy.ts';
import { temporaryDirectory, writeLarge, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const MiB = 1024 * 1024;

/** Every so many requests one goes wrong, each time in the next way. Returns what went wrong how often. */
function spoil(proxy: BlobProxy, every: number): Map<string, number> {
  const faults = [
    { name: '503', fault: { status: 503 } },
    { name: '500', fault: { status: 500, code: 'InternalError' } },
    { name: 'reset', fault: 'reset' },
    { name: 'lost answer', fault: 'lose-answer' },
    { name: 'cut answer', fault: 'cut-answer' },
    { name: 'repeated', fault: 'repeat' },
    { name: '412', fault: { status: 412, code: 'ConditionNotMet' } },
  ] as const;
  const seen = new Map<string, number>();
  let requests = 0;
  let next = 0;
  proxy.rule(({ method, query }) => {
    requests += 1;
    if (requests % every !== 0) return undefined;
    const { name, fault } = faults[next++ % faults.length] as (typeof faults)[number];
    // To a request without a condition no service answers that one does not hold.
    if (name === '412' && (method !== 'PUT' || query.get('comp') === 'block')) return undefined;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return fault;
  });
  return seen;
}

test('a backup, its restore and its verification come through a bad network', async () => {
  const base = await temporaryDirectory();
  const root = join(base, 'source');
  await writeTree(root, Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`d${i % 5}/f${i}`, 100 + i])));
  await writeLarge(join(root, 'large'), 40 * MiB);
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const settings = { connectionString, taskQueue: randomUUID(), container: `bad-${randomUUID()}`, root: base };
  const worker = await startWorkerHere(settings);
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const run = async (job: string, input: object): Promise<unknown> => {
    const { taskQueue } = settings;
    const handle = await client.workflow.start(job, { taskQueue, workflowId: randomUUID(), args: [input] });
    return handle.result();
  };

  const seen = spoil(proxy, 9);
  expect(await run('backup', { root })).toMatchObject({ files: 151, failed: 0, complete: true });
  const target = join(base, 'target');
  expect(await run('restore', { run: 'latest', target })).toMatchObject({ files: 151, failed: 0, complete: true });
  expect(differences(await readFingerprint(root), await readFingerprint(target))).toEqual([]);
  expect(await run('verify', { run: 'latest', deep: true })).toMatchObject({ intact: 151, complete: true });
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining(['503', '500', 'reset', 'lost answer', 'cut answer', 'repeated', '412']),
  );
});
