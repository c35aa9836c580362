import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Jobs } from '../../src/client/jobs/jobs.ts';
import { isRunId } from '../../src/history/runs/run-reference.ts';
import type { SourceDefinition } from '../../src/contracts/sources.ts';
import { jobsFolder } from '../../src/storage/run-layout.ts';
import { startMain } from '../support/main-process.ts';
import { startOwnTemporal } from '../support/own-temporal.ts';
import { containerClient } from '../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { Schedules } from '../../src/client/schedules/schedules.ts';

const patient = { timeout: 90_000, interval: 200 };

/** A source that is backed up every so many milliseconds, with nobody there yet to do it. */
async function newSource(every: number) {
  const root = await realpath(await temporaryDirectory());
  await writeTree(root, { 'a.txt': 10, 'd/b.txt': 20 });
  const name = `missed-${randomUUID().slice(0, 8)}`;
  const source: SourceDefinition = { name, root, prefix: `${name}/`, schedule: { every } };
  const taskQueue = `missed-${randomUUID()}`;
  const container = `missed-${randomUUID()}`;
  const startWorker = async (address: string) => {
    const worker = await startMain('worker', 'worker is running', {
      TEMPORAL_ADDRESS: address,
      AZURE_STORAGE_CONNECTION_STRING: inject('connectionString'),
      TASK_QUEUE: taskQueue,
      BACKUP_CONTAINER: container,
      BACKUP_ROOTS: root,
      DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
    });
    onTestFinished(async () => void (await worker.stop()));
    return worker;
  };
  return { source, taskQueue, container, startWorker };
}

type Timeline = { at: Date; what: string }[];

async function connectTo(address: string, taskQueue: string) {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  onTestFinished(() => connection.close());
  return { client, schedules: new Schedules(new Jobs({ client, address, taskQueue }).client) };
}

/** The scheduled runs that there were, in the order of their start; once Temporal's list knows of as many as were started. */
async function scheduledRuns(client: Client, name: string, count: number) {
  const query = `WorkflowType = 'scheduledBackup' AND WorkflowId STARTS_WITH 'scheduled-${name}-'`;
  const all = () => Array.fromAsync(client.workflow.list({ query }));
  await expect.poll(async () => (await all()).length, patient).toBeGreaterThanOrEqual(count);
  const found = await all();
  return found.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
}

/** The runs that storage has a manifest of. */
async function storedRuns(container: string, prefix: string): Promise<string[]> {
  const runs = jobsFolder('runs', prefix);
  const ids: string[] = [];
  for await (const { name } of containerClient(container).listBlobsFlat({ prefix: runs })) {
    const id = name.slice(runs.length).split('/')[0] ?? '';
    if (name.endsWith('/manifest.json') && isRunId(id)) ids.push(id);
  }
  return ids.sort();
}

function print(timeline: Timeline): void {
  const sorted = timeline.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const from = sorted[0]?.at.getTime() ?? 0;
  for (const { at, what } of sorted) console.log(`${((at.getTime() - from) / 1000).toFixed(1).padStart(6)} s  ${what}`);
}

function tell(timeline: Timeline, runs: Awaited<ReturnType<typeof scheduledRuns>>): void {
  for (const { workflowId, startTime, closeTime } of runs) {
    timeline.push({ at: startTime, what: `Temporal starts ${workflowId}` });
    if (closeTime) timeline.push({ at: closeTime, what: `ended: ${workflowId}` });
  }
}

test('a worker that is down over three firings makes up for them by one run, and none runs twice', async () => {
  const { source, taskQueue, container, startWorker } = await newSource(2000);
  const address = inject('temporalAddress');
  const { client, schedules } = await connectTo(address, taskQueue);
  const timeline: Timeline = [];
  const now = (what: string) => void timeline.push({ at: new Date(), what });

  await schedules.apply([source]);
  now('schedule applied, no worker is there');
  await expect.poll(async () => (await schedules.get(source.name)).skipped, patient).toBeGreaterThanOrEqual(2);
  const missed = await schedules.get(source.name);
  now(
    `${missed.started + missed.skipped} firings without a worker: ${missed.started} started and waits, ${missed.skipped} left out`,
  );
  expect(missed.started).toBe(1);
  expect(missed.running).toHaveLength(1);

  await startWorker(address);
  now('worker started');
  await expect.poll(async () => (await schedules.get(source.name)).started, patient).toBeGreaterThanOrEqual(3);
  await schedules.pause(source.name, 'seen enough');
  now('schedule paused');
  await expect.poll(async () => (await schedules.get(source.name)).running, patient).toEqual([]);

  const { started } = await schedules.get(source.name);
  const runs = await scheduledRuns(client, source.name, started);
  tell(timeline, runs);
  print(timeline);
  expect(runs).toHaveLength(started);
  expect(runs.map(({ status }) => status.name)).toEqual(runs.map(() => 'COMPLETED'));
  expect(new Set(runs.map(({ workflowId }) => workflowId)).size).toBe(started);
  // The one that waited began before all others, and no other firing of that time was made up for.
  expect(missed.running).toEqual([runs[0]?.workflowId]);
  // Each left exactly one run behind.
  expect(await storedRuns(container, source.prefix)).toHaveLength(started);
});

test('so does a Temporal server that is down over three firings', async () => {
  const every = 3000;
  const { source, taskQueue, container, startWorker } = await newSource(every);
  const kept = await temporaryDirectory();
  const first = await startOwnTemporal(kept);
  const timeline: Timeline = [];
  const now = (what: string) => void timeline.push({ at: new Date(), what });

  const before = await connectTo(first.address, taskQueue);
  await before.schedules.apply([source]);
  now('schedule applied');
  const worker = await startWorker(first.address);
  // Right after a run, so that there is time to stop everything before the next one.
  const isDone = async () => {
    const { started, running } = await before.schedules.get(source.name);
    return started >= 1 && running.length === 0;
  };
  await expect.poll(isDone, { timeout: 90_000, interval: 50 }).toBe(true);
  const old = await before.schedules.get(source.name);
  await before.client.connection.close();
  await Promise.all([worker.kill(), first.stop()]);
  now(`worker and Temporal stopped after ${old.started} runs`);
  const downFrom = Date.now();
  await expect.poll(() => Date.now(), { timeout: 60_000, interval: 500 }).toBeGreaterThan(downFrom + 3.5 * every);

  const second = await startOwnTemporal(kept);
  onTestFinished(() => second.stop());
  now('Temporal started again');
  const { client, schedules } = await connectTo(second.address, taskQueue);
  await expect
    .poll(async () => (await schedules.get(source.name)).skipped, patient)
    .toBeGreaterThanOrEqual(old.skipped + 2);
  const caughtUp = await schedules.get(source.name);
  now(`caught up: ${caughtUp.started - old.started} started since, ${caughtUp.skipped - old.skipped} left out`);
  // One waits for a worker, for all that were missed.
  expect(caughtUp.running).toHaveLength(1);
  expect(caughtUp.started - old.started).toBe(1);

  await startWorker(second.address);
  now('worker started');
  await schedules.pause(source.name, 'seen enough');
  await expect.poll(async () => (await schedules.get(source.name)).running, { timeout: 90_000 }).toEqual([]);
  const { started } = await schedules.get(source.name);
  const runs = await scheduledRuns(client, source.name, started);
  tell(timeline, runs);
  print(timeline);
  expect(runs).toHaveLength(started);
  expect(runs.every(({ status }) => status.name === 'COMPLETED')).toBe(true);
  expect(await storedRuns(container, source.prefix)).toHaveLength(started);
});
