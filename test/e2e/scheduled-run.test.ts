import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Backups } from '../../src/history/views/backups.ts';
import { Jobs } from '../../src/client/jobs/jobs.ts';
import { openSourcesFile } from '../../src/client/sources/sources-file.ts';
import { statusOfEach, type StatusParts } from '../../src/client/sources/source-status.ts';
import type { Notice } from '../../src/contracts/notice.ts';
import { type ScheduledBackupReport } from '../../src/contracts/scheduled.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { ownerBlob } from '../../src/storage/run-layout.ts';
import { startReceiver } from '../activities/notify/rig.ts';
import { startMain } from '../support/main-process.ts';
import { containerClient } from '../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { removeSchedule } from '../support/remove-schedule.ts';
import { Schedules } from '../../src/client/schedules/schedules.ts';

/** A sources file with one source, of which `rest` is the most, applied and served by a worker of its own. */
async function serve(rest: (name: string) => object) {
  const root = join(await realpath(await temporaryDirectory()), 'data');
  await writeTree(root, { 'a.txt': 1000, 'd/b.txt': 2000 });
  const name = `run-${randomUUID().slice(0, 8)}`;
  const file = join(await temporaryDirectory(), 'durable-backup.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ sources: { [name]: { root, ...rest(name) } } }));
  const address = inject('temporalAddress');
  const taskQueue = `scheduled-${randomUUID()}`;
  const container = `scheduled-${randomUUID()}`;
  const worker = await startMain('worker', 'worker is running', {
    TEMPORAL_ADDRESS: address,
    AZURE_STORAGE_CONNECTION_STRING: inject('connectionString'),
    TASK_QUEUE: taskQueue,
    BACKUP_CONTAINER: container,
    BACKUP_ROOTS: root,
    DURABLE_BACKUP_CONFIG: file,
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
  });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  onTestFinished(async () => {
    await worker.stop();
    await removeSchedule(client, name);
    await connection.close();
  });
  const { schedules, ...jobs } = parts(new Jobs({ client, address, taskQueue }));
  await schedules.apply((await openSourcesFile(file))?.sources ?? []);
  const trigger = async () => (await schedules.trigger(name)) ?? '';
  const store = openBlobStore({ connectionString: inject('connectionString') }, container);
  const backups = new Backups({ store, prefix: '' });
  const asked = { name, root, prefix: `${name}/`, schedule: { cron: '0 2 * * *' } };
  const status = async () => {
    const asking = new Jobs({ client, address, taskQueue });
    const parts: StatusParts = { backups, ask: (ask) => ask(asking), signal: new AbortController().signal };
    return (await statusOfEach(parts, [asked]))[0];
  };
  const own = async (host: string) => {
    await containerClient(container).createIfNotExists();
    const owner = JSON.stringify({ format: 1, host, since: '2026-01-02T03:04:05.678Z' });
    const { signal } = new AbortController();
    await store.put(ownerBlob(`${name}/`), Buffer.from(owner), { signal });
  };
  return { name, root, file, client, schedules, ...jobs, trigger, status, own };
}

function parts(jobs: Jobs) {
  return { schedules: new Schedules(jobs.client), result: (instanceId: string) => jobs.result(instanceId) };
}

function noticesOf(received: readonly { body: string }[]): Notice[] {
  return received.map(({ body }) => JSON.parse(body) as Notice);
}

const nightly = { cron: '0 2 * * *' };

test('a run does all that its source wants: forgets, prunes, verifies a sample, and tells', async () => {
  const { url, received } = await startReceiver();
  const { name, root, trigger, result } = await serve(() => ({
    schedule: nightly,
    retention: { last: 1 },
    after: { forget: true, prune: true, verify: { sample: '100%' } },
    notify: { success: [{ webhook: `${url}/s3cret` }] },
  }));
  expect(await result(await trigger())).toMatchObject({ status: 'Completed' });
  await writeTree(root, { 'a.txt': 1500 });
  const second = await result(await trigger());
  expect(second).toMatchObject({ status: 'Completed' });
  const report = (second as { output: ScheduledBackupReport }).output;
  expect(report.backup).toMatchObject({ outcome: 'complete', files: 2, bytes: 3500 });
  expect(report.steps).toMatchObject([
    { step: 'forget', outcome: 'done', counts: { kept: 1, forgotten: 1 } },
    // What the first run alone needed: the old content.
    { step: 'prune', outcome: 'done', counts: { deleted: 1, deletedBytes: 1000, kept: 2, keptBytes: 3500 } },
    { step: 'verify', outcome: 'done', counts: { files: 2, intact: 2, readBytes: 3500 } },
  ]);
  await expect.poll(() => received.length).toBe(2);
  expect(received.map(({ path }) => path)).toEqual(['/s3cret', '/s3cret']);
  expect(noticesOf(received).map(({ event, source }) => [event, source])).toEqual([
    ['success', name],
    ['success', name],
  ]);
});

test('an emptied source is suspect: it is told, and nothing that the last good run needs is forgotten or pruned', async () => {
  const { url, received } = await startReceiver();
  const { name, root, trigger, result, status } = await serve(() => ({
    schedule: nightly,
    retention: { last: 1 },
    after: { forget: true, prune: true, verify: { sample: '100%' } },
    notify: { failure: [{ webhook: url }] },
  }));
  const first = (await result(await trigger())) as { output: ScheduledBackupReport };
  const { runId = '' } = first.output.backup;
  await rm(root, { recursive: true });
  await mkdir(root);
  const ended = await result(await trigger());
  expect(ended).toMatchObject({ status: 'Failed', failure: { type: 'ScheduledRunFailed' } });
  const { failure } = ended as { failure: { message: string; details: readonly unknown[] } };
  const { backup, steps } = failure.details[0] as ScheduledBackupReport;
  expect(backup).toMatchObject({
    outcome: 'suspect',
    files: 0,
    suspect: { since: runId, files: 2, lost: 2 },
    failure: { type: 'BackupSuspect' },
  });
  expect(steps).toEqual(['forget', 'prune', 'verify'].map((step) => ({ step, outcome: 'skipped' })));
  await expect.poll(() => received.length).toBe(1);
  const [notice] = noticesOf(received);
  expect(notice?.text).toContain(`the scheduled backup of ${name} failed: Run ${backup.runId} of ${root} is suspect`);
  expect(await status()).toMatchObject({
    health: 'failing',
    failuresSince: 1,
    lastSuccess: { run: runId, files: 2 },
    lastRun: { run: backup.runId, state: 'suspect' },
    reason: `suspect: it holds no file, and run ${runId} holds 2`,
  });
});

test('a source whose directory is gone fails that run, its webhooks hear why, and status tells how often', async () => {
  const { url, received } = await startReceiver();
  const { root, trigger, result, status } = await serve(() => ({
    schedule: nightly,
    notify: { failure: [{ webhook: url }] },
  }));
  expect(await result(await trigger())).toMatchObject({ status: 'Completed' });
  expect(await status()).toMatchObject({ health: 'ok', failuresSince: 0, failingSince: null, reason: null });
  await rename(root, `${root}-moved`);
  const ended = await result(await trigger());
  expect(ended).toMatchObject({ status: 'Failed', failure: { type: 'ScheduledRunFailed' } });
  await expect.poll(() => received.length).toBe(1);
  const [notice] = noticesOf(received);
  expect(notice).toMatchObject({ event: 'failure', backup: { outcome: 'failed', failure: { type: 'RootNotFound' } } });
  expect(notice?.text).toContain(root);

  expect(await result(await trigger())).toMatchObject({ status: 'Failed' });
  const reason = `RootNotFound: ${root} does not exist on the worker's machine`;
  const failing = await status();
  expect(failing).toMatchObject({ health: 'failing', failuresSince: 2, reason, lastRun: { state: 'complete' } });
  expect(failing?.failingSince).toBe(failing?.failedBackups[1]?.at);
  expect(failing?.failedBackups.map(({ type }) => type)).toEqual(['RootNotFound', 'RootNotFound']);
  expect(failing?.failedBackups[1]?.instanceId).toBe(notice?.backup?.instanceId);
  await rename(`${root}-moved`, root);
  expect(await result(await trigger())).toMatchObject({ status: 'Completed' });
  expect(await status()).toMatchObject({ health: 'ok', failuresSince: 0, reason: null, failedBackups: [] });
});

test('a source that another host owns was never backed up, and status says why', async () => {
  const { trigger, result, status, own } = await serve(() => ({ schedule: nightly }));
  await own('elsewhere');
  expect(await result(await trigger())).toMatchObject({ status: 'Failed' });
  expect(await status()).toMatchObject({
    health: 'never',
    failuresSince: 1,
    lastRun: null,
    reason: expect.stringContaining('OwnedByAnother: '),
  });
});

test('a webhook that answers 500 is tried again, and one that hangs holds up neither that run nor the next', async () => {
  const flaky = await startReceiver((response, number) => response.writeHead(number === 1 ? 500 : 204).end());
  const hanging = await startReceiver(() => undefined);
  const { trigger, result, client } = await serve(() => ({
    schedule: nightly,
    notify: { success: [{ webhook: flaky.url }, { webhook: `${hanging.url}/s3cret` }] },
  }));
  const first = await result(await trigger());
  expect(first).toMatchObject({ status: 'Completed' });
  await expect.poll(() => hanging.received.length).toBeGreaterThan(0);
  const second = await result(await trigger());
  expect(second).toMatchObject({ status: 'Completed' });

  const { notification = '' } = (first as { output: ScheduledBackupReport }).output;
  const telling = client.workflow.getHandle(notification);
  expect((await telling.describe()).status.name).toBe('RUNNING');
  // The one that failed at first and one of the second run.
  await expect.poll(() => flaky.received.length).toBeGreaterThanOrEqual(3);
  const keys = noticesOf(flaky.received).map(
    ({ instanceId }, at) => `${instanceId} ${String(flaky.received[at]?.headers['idempotency-key'])}`,
  );
  expect(new Set(keys).size).toBe(2);
  // Nothing that Temporal keeps says more of an address than its host.
  const waiting = async () => (await telling.describe()).raw.pendingActivities;
  const failure = `the webhook at ${hanging.host} did not answer in time`;
  await expect.poll(async () => JSON.stringify(await waiting())).toContain(failure);
  const kept = JSON.stringify([await waiting(), await telling.fetchHistory()]);
  expect(kept).not.toContain('s3cret');
  await telling.terminate();
});

test('a source without a success for too long is told of once, and once when it has one, by whoever asks for it', async () => {
  const { url, received } = await startReceiver();
  const { name, trigger, result } = await serve(() => ({
    schedule: nightly,
    notify: { missed: [{ webhook: url }], missedAfter: '3s' },
  }));
  await expect.poll(() => noticesOf(received).map(({ event }) => event)).toEqual(['missed']);
  expect(noticesOf(received)[0]).toMatchObject({ source: name, lastSuccess: null });
  await expect(result(await trigger())).resolves.toMatchObject({ status: 'Completed' });
  await expect.poll(() => noticesOf(received).map(({ event }) => event)).toEqual(['missed', 'recovered', 'missed']);
});
