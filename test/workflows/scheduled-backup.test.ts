import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { failureTypes } from '../../src/contracts/failures.ts';
import type { ForgetInput } from '../../src/contracts/forget.ts';
import type { ScheduledBackupInput, ScheduledBackupReport } from '../../src/contracts/scheduled.ts';
import { resumeUpdate, suspendUpdate } from '../../src/workflows/messages.ts';
import { recordHistory } from '../support/record-history.ts';
import { failureOf } from '../support/start-backup.ts';
import { connect } from '../support/workflow-harness.ts';
import { deliveriesOf, newSource, refusal, startScheduling, type ScheduledPlan } from './scheduled-rig.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

async function start(input: Omit<ScheduledBackupInput, 'source' | 'backup'>, plan: ScheduledPlan = {}) {
  const rig = await startScheduling(plan);
  const source = newSource();
  const backup = { root: '/data', prefix: 'data/', options: { copyAttempts: 1 } };
  const run = (): Promise<WorkflowHandle> =>
    client.workflow.start('scheduledBackup', {
      taskQueue: rig.taskQueue,
      workflowId: `scheduled-${source}-${randomUUID()}`,
      args: [{ source, backup, ...input }],
    });
  const handle = await run();
  const report = (of = handle) => of.result() as Promise<ScheduledBackupReport>;
  return { ...rig, source, handle, report, again: async () => report(await run()) };
}

async function failedReport(handle: WorkflowHandle): Promise<{ message: string; report: ScheduledBackupReport }> {
  const failure = (await failureOf(handle)) as ApplicationFailure;
  expect(failure.type).toBe(failureTypes.scheduledRunFailed);
  return { message: failure.message, report: failure.details?.[0] as ScheduledBackupReport };
}

describe('a scheduled backup', () => {
  test('backs up by a workflow of its own, does what follows, and tells who wants to know of a success', async () => {
    const forgets: ForgetInput[] = [];
    const { handle, report, seen, source, told } = await start(
      { after: { forget: { last: 2 } }, tell: { success: ['webhook', 'command'], failure: ['webhook'] } },
      { forget: async (asked) => (forgets.push(asked), { kept: 2, forgotten: 1, recalled: 0, runs: [] }) },
    );
    const { backup, steps, notification } = await report();
    expect(backup).toMatchObject({ outcome: 'complete', files: 3, bytes: 30, failed: 0 });
    expect(backup.instanceId).toMatch(new RegExp(`^backup-${source}-\\d{8}T\\d{6}Z$`, 'u'));
    expect((await client.workflow.getHandle(backup.instanceId).describe()).type).toBe('backup');
    expect(seen.committed).toBe(1);
    expect(forgets).toEqual([{ prefix: 'data/', root: '/data', policy: { last: 2 } }]);
    expect(steps).toEqual([{ step: 'forget', outcome: 'done', counts: { kept: 2, forgotten: 1 } }]);
    expect((await deliveriesOf(client, notification)).map(({ kind, delivered }) => [kind, delivered])).toEqual([
      ['webhook', true],
      ['command', true],
    ]);
    expect(told).toHaveLength(2);
    expect(told[0]).toMatchObject({ event: 'success', source, instanceId: handle.workflowId, backup, steps });
    expect(told[0]?.text).toBe(`${source} is backed up: run ${backup.runId}, 3 files, 30 bytes`);
    await recordHistory(handle, 'scheduled-success');
    await recordHistory(client.workflow.getHandle(notification ?? ''), 'notify-delivered');
  });

  test('fails with what it knows when files failed, skips what follows, and tells of the failure', async () => {
    const copy = () => Promise.reject(refusal('X', 'no such thing'));
    const { handle, told, attempts } = await start(
      {
        after: { forget: { last: 2 }, prune: true, sample: 0.5 },
        tell: { success: ['webhook'], failure: ['webhook'] },
      },
      { copy },
    );
    const { message, report } = await failedReport(handle);
    expect(message).toMatch(/3 of 3 files could not be backed up/u);
    expect(report.backup).toMatchObject({ outcome: 'incomplete', failed: 3, failure: { type: 'BackupIncomplete' } });
    expect(report.backup.failures).toHaveLength(3);
    expect(report.steps).toEqual(['forget', 'prune', 'verify'].map((step) => ({ step, outcome: 'skipped' })));
    await deliveriesOf(client, report.notification);
    expect(attempts).toEqual(['webhook 0 of failure']);
    expect(told[0]).toMatchObject({ event: 'failure', backup: { outcome: 'incomplete' } });
    await recordHistory(handle, 'scheduled-incomplete');
  });

  test('of a backup that cannot begin says why, however long that is, and has it noted', async () => {
    const why = `no such directory: /${'資料'.repeat(500)}`;
    const { handle, told, seen } = await start(
      { tell: { failure: ['command'] } },
      { open: refusal('RootNotFound', why) },
    );
    const { message, report } = await failedReport(handle);
    expect(message.endsWith(`failed: ${why}`)).toBe(true);
    expect(report.backup).toMatchObject({ outcome: 'failed', failure: { type: 'RootNotFound', message: why } });
    expect(seen.noted).toEqual([{ at: expect.any(String), type: 'RootNotFound', message: why, scheduled: true }]);
    await recordHistory(client.workflow.getHandle(report.backup.instanceId), 'backup-not-begun');
    await deliveriesOf(client, report.notification);
    expect(told[0]?.text).toBe(message);
  });

  test('fails when what follows a complete backup does, and still tries the rest of it', async () => {
    const forget = () => Promise.reject(refusal('ForgetRefused', 'not that one'));
    const { handle } = await start({ after: { forget: { last: 2 }, prune: true, sample: 0.5 } }, { forget });
    const { message, report } = await failedReport(handle);
    expect(report.backup.outcome).toBe('complete');
    expect(report.steps.map(({ step, outcome }) => [step, outcome])).toEqual([
      ['forget', 'failed'],
      ['prune', 'failed'],
      ['verify', 'failed'],
    ]);
    expect(message).toMatch(/forget: not that one; prune: .*; verify: /u);
    expect(report.notification).toBeUndefined();
    await recordHistory(handle, 'scheduled-steps-failed');
  });

  test('waits while another backup of the directory is under way, and begins again after it', async () => {
    let opened = 0;
    const busy = () =>
      ++opened <= 2 ? Promise.reject(refusal('BackupRunning', 'another one is under way')) : undefined;
    const { handle, report, source } = await start({ options: { busyPause: 50 } }, { open: busy });
    const { backup } = await report();
    expect(backup.outcome).toBe('complete');
    expect(backup.instanceId).toMatch(new RegExp(`^backup-${source}-.*Z-3$`, 'u'));
    await recordHistory(handle, 'scheduled-busy');
  });

  test.each(['WorkerUnavailable', 'StorageUnavailable'])('waits while it fails with %s', async (type) => {
    let opened = 0;
    const away = () => (++opened <= 2 ? Promise.reject(refusal(type, 'nobody is there')) : undefined);
    const { report, told } = await start(
      { tell: { failure: ['webhook'] }, options: { busyPause: 50 } },
      { open: away },
    );
    expect((await report()).backup.outcome).toBe('complete');
    expect(opened).toBe(3);
    expect(told).toEqual([]);
  });

  test('begins no backup again while it is suspended', async () => {
    let opened = 0;
    const busy = () => (++opened <= 1 ? Promise.reject(refusal('BackupRunning', 'another one')) : undefined);
    const { handle, report } = await start({ options: { busyPause: 3000 } }, { open: busy });
    const timers = async (type: 'timerStartedEventAttributes' | 'timerFiredEventAttributes') =>
      (await handle.fetchHistory()).events?.filter((event) => event[type]).length;
    await expect.poll(() => timers('timerStartedEventAttributes')).toBe(1);
    await handle.executeUpdate(suspendUpdate, { args: [''] });
    await expect.poll(() => timers('timerFiredEventAttributes')).toBe(1);
    // By the time that it answers this, it has done all that the timer led to.
    await handle.executeUpdate(suspendUpdate, { args: [''] });
    expect(opened).toBe(1);
    await handle.executeUpdate(resumeUpdate, { args: [''] });
    expect((await report()).backup.outcome).toBe('complete');
  });

  test('gives up when the other one does not end', async () => {
    const busy = () => Promise.reject(refusal('BackupRunning', 'another one is under way'));
    const { handle } = await start({ options: { busyPause: 10, busyAttempts: 2 } }, { open: busy });
    const { message } = await failedReport(handle);
    expect(message).toMatch(/another one is under way$/u);
  });

  test('ends with its backup when it is cancelled, and tells nobody', async () => {
    const copying = Promise.withResolvers<void>();
    const { handle, told } = await start({ tell: { failure: ['webhook'] } }, { copy: () => copying.promise });
    const child = await childOf(handle);
    await handle.cancel();
    copying.resolve();
    await expect(handle.result()).rejects.toThrow('cancelled');
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await expect(client.workflow.getHandle(child).result()).rejects.toThrow('cancelled');
    expect(told).toEqual([]);
  });

  test('of a backup that somebody stopped alone says so', async () => {
    const copying = Promise.withResolvers<void>();
    const { handle } = await start({}, { copy: () => copying.promise });
    await client.workflow.getHandle(await childOf(handle)).terminate('enough');
    const { report } = await failedReport(handle);
    expect(report.backup.outcome).toBe('failed');
    copying.resolve();
  });
});

describe('telling', () => {
  const failing = () => Promise.reject(new Error('answered 500'));

  test('is tried again, then reported, and holds up no run', async () => {
    const { report, attempts, handle } = await start(
      { tell: { success: ['webhook', 'webhook'] }, options: { webhookAttempts: 3, pause: 10 } },
      { tell: ({ place }) => (place.index === 0 ? failing() : Promise.resolve()) },
    );
    const { notification } = await report();
    expect((await handle.describe()).status.name).toBe('COMPLETED');
    const failure = (await failureOf(client.workflow.getHandle(notification ?? ''))) as ApplicationFailure;
    expect(failure.type).toBe(failureTypes.notificationFailed);
    expect(failure.message).toMatch(
      /^1 of 2 could not be told that .*: webhook, number 1 of notify\.success: answered 500$/u,
    );
    expect(failure.details?.[0]).toMatchObject([{ delivered: false, reason: 'answered 500' }, { delivered: true }]);
    expect(attempts.toSorted()).toEqual([...Array<string>(3).fill('webhook 0 of success'), 'webhook 1 of success']);
    await recordHistory(client.workflow.getHandle(notification ?? ''), 'notify-failed');
  });

  test('runs on while the scheduled run has ended, however long it takes', async () => {
    const hanging = Promise.withResolvers<void>();
    const { report } = await start({ tell: { success: ['webhook'] } }, { tell: () => hanging.promise });
    const { notification } = await report();
    const handle = client.workflow.getHandle(notification ?? '');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    hanging.resolve();
    await expect(handle.result()).resolves.toMatchObject([{ delivered: true }]);
  });

  test('of runs that end within a second is by a workflow for each, though that of the one before still runs', async () => {
    const hanging = Promise.withResolvers<void>();
    onTestFinished(() => hanging.resolve());
    const { handle, report, again } = await start({ tell: { success: ['webhook'] } }, { tell: () => hanging.promise });
    const told = [(await report()).notification];
    await recordHistory(handle, 'scheduled-told');
    while (told.length < 6) told.push((await again()).notification);
    hanging.resolve();
    expect(new Set(told).size).toBe(6);
    for (const each of told) expect(await deliveriesOf(client, each)).toMatchObject([{ delivered: true }]);
  });

  test('is not tried again where that is useless', async () => {
    const refuse = () => Promise.reject(refusal('NotificationRefused', 'answered 404'));
    const { report, attempts } = await start({ tell: { success: ['webhook'] } }, { tell: refuse });
    const { notification } = await report();
    await failureOf(client.workflow.getHandle(notification ?? ''));
    expect(attempts).toHaveLength(1);
  });
});

async function childOf(handle: WorkflowHandle): Promise<string> {
  let child: string | undefined;
  await expect
    .poll(async () => {
      const { events } = await handle.fetchHistory();
      child = events?.flatMap(
        (event) => event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId ?? [],
      )[0];
      const phase =
        child && ((await client.workflow.getHandle(child).describe()).memo?.['progress'] as { phase?: string });
      return phase && phase.phase;
    })
    .toBe('copying');
  return child ?? '';
}
