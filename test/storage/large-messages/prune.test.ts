import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { pruneMessages } from '../../../src/storage/large-messages/prune-messages.ts';
import { installQuietRuntime } from '../../support/workflow-harness.ts';
import * as workflows from './echo-workflows.ts';
import { noGrace, startUnattended, storeOrphans } from './prune-rig.ts';
import { blobNames, kilobyte, largeText, newWorker, openRig, until, useOwnTemporal, type Rig } from './rig.ts';

beforeAll(installQuietRuntime);
useOwnTemporal();

test('what nothing refers to is deleted; what open and closed workflows refer to stays', async () => {
  const rig = await openRig();
  const open = await startUnattended(rig.client, largeText(50 * kilobyte, 'open'));
  const closed = await startUnattended(rig.client, largeText(60 * kilobyte, 'closed'));
  await closed.terminate();
  const inUse = await blobNames(rig.container);
  expect(inUse).toHaveLength(2);
  const orphans = await storeOrphans(rig, 'orphan', 'other orphan');
  const bytes = await sizeOf(rig, orphans);
  const lines: string[] = [];

  const dry = await pruneMessages({ ...rig, ...noGrace, dryRun: true, report: (line) => lines.push(line) });
  expect(dry).toMatchObject({ referenced: 2, kept: 2, deleted: 2, bytesFreed: bytes });
  expect(dry.scanned).toBeGreaterThanOrEqual(2);
  expect(lines).toEqual(['4 large messages, 4 of them past their grace', expect.stringContaining('2 of 4')]);
  expect(await blobNames(rig.container)).toHaveLength(4);

  expect(await pruneMessages({ ...rig, ...noGrace })).toEqual(dry);
  expect((await blobNames(rig.container)).toSorted()).toEqual(inUse.toSorted());
  expect(await pruneMessages({ ...rig, ...noGrace })).toEqual({ ...dry, deleted: 0, bytesFreed: 0 });
  await open.terminate();
});

async function sizeOf({ container }: Rig, names: string[]): Promise<number> {
  const blobs = await Promise.all(names.map((name) => container.getBlobClient(name).getProperties()));
  return blobs.reduce((sum, { contentLength = 0 }) => sum + contentLength, 0);
}

test('references are found wherever Temporal keeps payloads', async () => {
  const rig = await openRig();
  const { taskQueue } = await newWorker(rig.dataConverter);
  const scatter = await rig.client.workflow.start(workflows.scatter, {
    taskQueue,
    workflowId: `scatter-${randomUUID()}`,
    memo: { started: largeText(46 * kilobyte, 'memo') },
    args: [{ memo: 'm', failure: 'f', heartbeat: 'h' }],
  });
  const gather = await rig.client.workflow.start(workflows.gather, { taskQueue, workflowId: `gather-${randomUUID()}` });
  await gather.signal(workflows.note, largeText(51 * kilobyte, 'signal'));
  await gather.signal(workflows.finish);
  await gather.result();
  const echo = {
    taskQueue,
    workflowId: `echo-${randomUUID()}`,
    args: [largeText(52 * kilobyte), 53 * kilobyte] as const,
  };
  await rig.client.workflow.execute(workflows.echo, { ...echo, args: [...echo.args] });
  const schedule = await rig.client.schedule.create({
    scheduleId: `schedule-${randomUUID()}`,
    spec: {},
    action: { type: 'startWorkflow', workflowType: 'echo', taskQueue, args: [largeText(54 * kilobyte, 'schedule')] },
  });
  const activity = await rig.client.activity.start('measure', {
    id: `activity-${randomUUID()}`,
    taskQueue,
    startToCloseTimeout: '1 minute',
    args: [largeText(55 * kilobyte, 'standalone')],
  });
  await activity.result();
  await until(
    async () => ((await scatter.describe()).raw.pendingActivities?.[0]?.heartbeatDetails ?? undefined) !== undefined,
  );
  const listed = [scatter.workflowId, gather.workflowId, echo.workflowId, activity.activityId];
  for (const id of listed.slice(0, 3)) {
    await until(async () => (await rig.client.workflow.count(`WorkflowId = '${id}'`)).count > 0);
  }
  await until(
    async () => (await Array.fromAsync(rig.client.activity.list(`ActivityId = '${activity.activityId}'`))).length > 0,
  );
  await until(async () =>
    (await Array.fromAsync(rig.client.schedule.list())).some((s) => s.scheduleId === schedule.scheduleId),
  );

  // scatter: two memos, a failure and a heartbeat; gather: the signal and the result, whose content is one; echo: the argument, the
  // same without its first letter, the activity's result and the workflow's; the schedule's and the standalone activity's argument.
  const all = await blobNames(rig.container);
  expect(all).toHaveLength(4 + 1 + 4 + 1 + 1);
  const result = await pruneMessages({ ...rig, ...noGrace });
  expect(result).toMatchObject({ referenced: all.length, kept: all.length, deleted: 0 });

  await schedule.delete();
  await until(
    async () => !(await Array.fromAsync(rig.client.schedule.list())).some((s) => s.scheduleId === schedule.scheduleId),
  );
  expect(await pruneMessages({ ...rig, ...noGrace })).toMatchObject({ deleted: 1 });
  await scatter.terminate();
});
