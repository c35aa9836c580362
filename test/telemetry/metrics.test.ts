import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTree } from '../support/tree.ts';
import { backUp, startProcesses } from './processes.ts';
import { sample, scrape } from './samples.ts';

test('a worker counts runs, files, bytes and requests, and both processes tell when a directory was last backed up', async () => {
  const { api, workerMetrics, root } = await startProcesses();
  await writeTree(root, { 'a.txt': 1000, 'b/c.txt': 200 });
  const jobs = { workflow: 'backup', outcome: 'completed' };
  const before = await scrape(workerMetrics);
  expect(sample(before, 'durable_backup_job_duration_seconds_count', jobs)).toBe(0);
  expect(sample(before, 'durable_backup_last_success_timestamp_seconds')).toBeUndefined();

  expect(await backUp(api, root)).toBe('Completed');
  await expect
    .poll(async () => sample(await scrape(workerMetrics), 'durable_backup_job_duration_seconds_count', jobs))
    .toBe(1);
  const text = await scrape(workerMetrics);
  expect(sample(text, 'durable_backup_files_total', { outcome: 'uploaded' })).toBe(2);
  expect(sample(text, 'durable_backup_bytes_total', { outcome: 'uploaded' })).toBe(1200);
  expect(sample(text, 'durable_backup_storage_bytes_total', { direction: 'sent' })).toBeGreaterThan(1200);
  const writes = { operation: 'write', outcome: 'ok' };
  expect(sample(text, 'durable_backup_storage_request_duration_seconds_count', writes)).toBeGreaterThan(2);
  expect(sample(text, 'durable_backup_storage_requests_in_flight')).toBeDefined();
  expect(sample(text, 'durable_backup_memory_bytes', { state: 'limit' })).toBe(128 * 1024 * 1024);
  expect(sample(text, 'durable_backup_memory_bytes', { state: 'held' })).toBe(0);
  // The SDK's own: how long tasks waited for a worker.
  const queue = 'temporal_activity_schedule_to_start_latency_seconds_count';
  expect(sample(text, queue)).toBeGreaterThan(0);

  for (const url of [workerMetrics, `${api}/metrics`]) {
    const labels = { root, prefix: '' };
    const value = async (name: string) => sample(await scrape(url), `durable_backup_${name}`, labels);
    await expect.poll(() => value('last_success_timestamp_seconds')).toBeGreaterThan(1.7e9);
    expect(await value('last_success_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(await value('last_run_complete')).toBe(1);
    expect(await value('last_run_files')).toBe(2);
    expect(await value('last_run_bytes')).toBe(1200);
    expect(sample(await scrape(url), 'durable_backup_history_readable')).toBe(1);
  }
  const ofApi = await scrape(`${api}/metrics`);
  const answers = { method: 'POST', status: '202' };
  expect(sample(ofApi, 'durable_backup_http_request_duration_seconds_count', answers)).toBe(1);
});

test('a run that failed shows, and why', async () => {
  const { api, workerMetrics, root } = await startProcesses();
  expect(await backUp(api, join(root, 'gone'))).toBe('Failed');
  const failed = { workflow: 'backup', outcome: 'failed' };
  await expect
    .poll(async () => sample(await scrape(workerMetrics), 'durable_backup_job_duration_seconds_count', failed))
    .toBe(1);
  const text = await scrape(workerMetrics);
  expect(sample(text, 'durable_backup_job_failures_total', { reason: 'RootNotFound' })).toBe(1);
  const activity = { activity: 'openRun', reason: 'RootNotFound' };
  expect(sample(text, 'durable_backup_activity_failures_total', activity)).toBe(1);
  expect(sample(text, 'durable_backup_job_failures_total', { reason: 'StorageUnavailable' })).toBe(0);
});
