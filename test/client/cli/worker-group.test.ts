import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { workerGroup } from '../../../src/worker.ts';
import { installQuietRuntime } from '../../support/workflow-harness.ts';

let connection: NativeConnection;

beforeAll(async () => {
  installQuietRuntime();
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
});
afterAll(() => connection.close());

function createWorker(): Promise<Worker> {
  return Worker.create({ connection, taskQueue: randomUUID(), activities: { nothing: () => Promise.resolve() } });
}

test('workers of a group run until they are told to stop, however often that is said', async () => {
  const workers = await Promise.all([createWorker(), createWorker()]);
  const group = workerGroup(workers);
  const stop = Promise.withResolvers<void>();
  const ended = group.runUntil(stop.promise);
  expect(workers.map((worker) => worker.getState())).toEqual(['RUNNING', 'RUNNING']);
  stop.resolve();
  group.shutdown();
  await ended;
  group.shutdown();
  expect(workers.map((worker) => worker.getState())).toEqual(['STOPPED', 'STOPPED']);
});

test('one that fails stops the others, and its error is that of the group', async () => {
  const [failing, other] = [await createWorker(), await createWorker()];
  // A worker runs once.
  await failing.runUntil(Promise.resolve());
  await expect(workerGroup([other, failing]).runUntil(new Promise(() => undefined))).rejects.toThrow(/already/u);
  expect(other.getState()).toBe('STOPPED');
});
