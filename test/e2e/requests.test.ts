import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { createBlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

interface Measured {
  readonly summary: BackupSummary;
  /** Sent to storage from the start of the run to its end. */
  readonly requests: readonly SeenRequest[];
  /** Names of the activities, in the order in which they were asked for. */
  readonly activities: readonly string[];
}

/** Backs a new tree of so many files up, and then once more without any change; in a container of its own. */
async function backUpTwice(files: number): Promise<{ first: Measured; second: Measured }> {
  const base = await temporaryDirectory();
  const root = join(base, 'tree');
  await writeTree(root, Object.fromEntries(Array.from({ length: files }, (_, i) => [`d${i % 10}/f${i}`, 10 + i])));
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const taskQueue = randomUUID();
  const container = `requests-${randomUUID()}`;
  const worker = await startWorkerHere({ connectionString, taskQueue, container, root: base });
  onTestFinished(async () => {
    await worker.stop();
    await proxy.close();
  });
  const measure = async (): Promise<Measured> => {
    const from = proxy.requests.length;
    const handle = await client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [{ root }] });
    const summary = (await handle.result()) as BackupSummary;
    const { events } = await handle.fetchHistory();
    const activities = (events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
    );
    return { summary, requests: proxy.requests.slice(from), activities };
  };
  return { first: await measure(), second: await measure() };
}

/** What the requests were, with how many there were of each. */
function kindsOf(requests: readonly SeenRequest[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { method, path, query } of requests) {
    const [, folder = ''] = /\/\.durable-backup\/(.*)$/u.exec(path) ?? [];
    const what = query.get('comp') ?? folder.replaceAll(/\/[^/]*\d[^/]*(?=\/|$)/gu, '/…');
    const kind = `${method} ${what}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

const aboutFiles = ({ path, query }: SeenRequest) => !path.includes('/.durable-backup/') && !query.has('restype');

test('a run without a change asks storage nothing about any file, however many there are', async () => {
  const few = await backUpTwice(300);
  const many = await backUpTwice(900);
  for (const { second } of [few, many]) {
    expect(second.summary).toMatchObject({ uploaded: 0, uploadedBytes: 0, complete: true });
    expect(second.summary.unchanged).toBe(second.summary.files);
    expect(second.requests.filter(aboutFiles)).toEqual([]);
    expect(second.activities).toEqual(['openRun', 'listFiles', 'sealPage', 'commitRun']);
  }
  // The instrument sees what there is to see: when all is new, each file is one request.
  expect(few.first.requests.filter(aboutFiles)).toHaveLength(300);
  expect(many.first.requests.filter(aboutFiles)).toHaveLength(900);
  expect(kindsOf(many.second.requests)).toEqual(kindsOf(few.second.requests));
  expect(many.second.requests.length).toBeLessThan(30);
});
