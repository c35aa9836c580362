import type { Client, WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Success } from '../../src/activities/notify/newest-success.ts';
import { watchId, type WatchInput } from '../../src/contracts/scheduled.ts';
import { successSignal, watchSignal } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { connect, historyLengths } from '../support/workflow-harness.ts';
import { newSource, refusal, startScheduling, type ScheduledPlan } from './scheduled-rig.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const hour = 3_600_000;
async function watch(input: Partial<WatchInput>, plan: ScheduledPlan = {}) {
  const rig = await startScheduling(plan);
  const source = newSource();
  const wanted: WatchInput = {
    source,
    prefix: 'data/',
    root: '/data',
    missedAfter: 300,
    targets: ['webhook'],
    ...input,
    options: { lookEvery: 200, ...input.options },
  };
  const handle: WorkflowHandle = await client.workflow.start('watchSource', {
    taskQueue: rig.taskQueue,
    workflowId: watchId(source),
    args: [wanted],
  });
  onTestFinished(async () => void (await handle.terminate().catch(() => undefined)));
  const events = () => rig.told.map(({ event }) => event);
  return { ...rig, source, wanted, handle, events };
}

/** One that ended just now, and by the clock of the server's machine a moment later. */
function successNow(): Success {
  return { run: '20261121T061000Z-c78e46f5', finishedAt: new Date(Date.now() + 1000).toISOString() };
}

test('tells once when there is no success for too long, and once when there is one again', async () => {
  let looks = 0;
  const { told, events, source, handle } = await watch({}, { newestSuccess: async () => (looks++, null) });
  await expect.poll(events).toEqual(['missed']);
  expect(told[0]).toMatchObject({ source, lastSuccess: null });
  expect(told[0]?.text).toMatch(
    new RegExp(`^${source} has had no successful backup for 300ms: none since it is watched`, 'u'),
  );
  const before = looks;
  await expect.poll(() => looks).toBeGreaterThan(before + 3);
  expect(events()).toEqual(['missed']);

  const success = { ...successNow(), finishedAt: new Date(Date.now() + hour).toISOString() };
  await handle.signal(successSignal, success);
  await expect.poll(events).toEqual(['missed', 'recovered']);
  expect(told[1]).toMatchObject({ source, lastSuccess: success.finishedAt });
  await handle.terminate();
  await recordHistory(handle, 'watch-missed');
});

test('a run that only storage knows of is a success, before anything is told and after', async () => {
  // One from before it was watched would not count, and to begin can take a while: it is there when storage is first asked.
  const found: { success?: Success } = {};
  let looks = 0;
  const { events, told } = await watch(
    { missedAfter: 2000 },
    { newestSuccess: async () => (looks++, (found.success ??= successNow())) },
  );
  await expect.poll(() => looks).toBe(1);
  expect(events()).toEqual([]);
  // No other comes, so it is missed in the end.
  await expect.poll(events).toEqual(['missed']);
  expect(told[0]?.lastSuccess).toBe(found.success?.finishedAt);
  found.success = { ...successNow(), finishedAt: new Date(Date.now() + hour).toISOString() };
  await expect.poll(events).toEqual(['missed', 'recovered']);
});

test('an older success than one that is known changes nothing', async () => {
  const { handle, events } = await watch({ missedAfter: 1000 });
  await handle.signal(successSignal, { run: 'x', finishedAt: '2020-01-01T00:00:00.000Z' });
  await expect.poll(events).toEqual(['missed']);
  await handle.signal(successSignal, { run: 'x', finishedAt: '2020-01-01T00:00:00.000Z' });
  await expect.poll(async () => (await handle.describe()).historyLength).toBeGreaterThan(20);
  expect(events()).toEqual(['missed']);
});

test('storage that cannot be asked does not keep it from telling', async () => {
  const { told } = await watch(
    {},
    { newestSuccess: () => Promise.reject(refusal('StorageRefused', 'no such account')) },
  );
  await expect.poll(() => told[0]?.text).toMatch(/storage could not be asked for others: no such account$/u);
});

test('it takes up what it is told to watch for from now on', async () => {
  const { handle, events, wanted } = await watch({ missedAfter: 24 * hour });
  await handle.signal(watchSignal, { ...wanted, missedAfter: 1 });
  await expect.poll(events).toEqual(['missed']);
  expect((await handle.describe()).memo?.['watch']).toEqual({ ...wanted, missedAfter: 1 });
  // What is not too long any more is no recovery: there was no success.
  await handle.signal(watchSignal, { ...wanted, missedAfter: 24 * hour });
  await handle.signal(watchSignal, { ...wanted, missedAfter: 1, targets: ['command', 'webhook'] });
  await expect.poll(events).toEqual(['missed', 'missed', 'missed']);
});

test('it goes on over thousands of messages, and tells nothing twice', async () => {
  const { handle, events, wanted } = await watch({});
  await expect.poll(events).toEqual(['missed']);
  const lanes = Array.from({ length: 50 }, async () => {
    for (let sent = 0; sent < 20; sent++) await handle.signal(watchSignal, wanted);
  });
  await Promise.all(lanes);
  const latest = client.workflow.getHandle(handle.workflowId);
  await expect.poll(async () => (await historyLengths(client, latest)).length).toBeGreaterThan(1);
  const [begun] = (await latest.fetchHistory()).events ?? [];
  expect(begun?.workflowExecutionStartedEventAttributes?.memo?.fields).toHaveProperty('watch');
  await latest.signal(watchSignal, { ...wanted, missedAfter: 2 });
  await expect.poll(async () => (await latest.describe()).memo?.['watch']).toMatchObject({ missedAfter: 2 });
  expect(events()).toEqual(['missed']);
});
