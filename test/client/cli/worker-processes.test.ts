import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import type { BackupSummary } from '../../../src/contracts/backup.ts';
import { createBlobProxy, type BlobProxy } from '../../support/blob-proxy.ts';
import { containerClient, expectHolds } from '../../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { servers, startCommand, type RunningCommand } from './command.ts';
import { restartPause } from '../../../src/client/cli/serve/worker-processes.ts';

const allRunning = /"processes":2,.*all worker processes are running/u;

let env: NodeJS.ProcessEnv;
beforeEach(() => {
  env = { ...servers(), BACKUP_CONTAINER: `processes-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

async function connect(): Promise<Client> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

/** Lets no file through before `count` of them are on their way, nor before it is told to. */
function holdFiles(proxy: BlobProxy, root: string, count: number) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let arrived = 0;
  proxy.rule(async ({ method, path }) => {
    if (method !== 'PUT' || !path.includes(`${root}/`)) return undefined;
    if ((arrived += 1) === count) reached.resolve();
    await released.promise;
    return undefined;
  });
  return { reached: reached.promise, release: released.resolve };
}

/** A backup of 60 files, one to an activity, of which two processes have two each under way. */
async function backupUnderWay(args: readonly string[]) {
  const root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, 100 + i])));
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const held = holdFiles(proxy, root, 4);
  Object.assign(env, {
    AZURE_STORAGE_CONNECTION_STRING: proxy.connectionString,
    BACKUP_ROOTS: root,
    WORKER_MAX_ACTIVITIES: '2',
  });
  const command = startCommand(['worker', ...args], { env });
  await command.until(allRunning);
  const client = await connect();
  const handle = await client.workflow.start('backup', {
    taskQueue: env['TASK_QUEUE'] ?? '',
    workflowId: randomUUID(),
    args: [{ root, options: { heartbeatTimeout: 3000 } }],
  });
  await held.reached;
  const { raw } = await handle.describe();
  const identities = (raw.pendingActivities ?? []).flatMap(({ lastWorkerIdentity }) => lastWorkerIdentity || []);
  const expectDone = async () => {
    const summary = (await handle.result()) as BackupSummary;
    expect(summary).toMatchObject({ files: 60, failed: 0, complete: true });
    await expectHolds(containerClient(env['BACKUP_CONTAINER'] ?? ''), root, summary.manifest);
    const { events } = await handle.fetchHistory();
    return new Set((events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.identity ?? []));
  };
  return { command, release: held.release, pids: [...new Set(identities)].map(Number.parseFloat), expectDone };
}

function endOf(command: RunningCommand, signal: NodeJS.Signals) {
  command.child.kill(signal);
  // Not before everything that inherited its output is gone.
  return command.ended;
}

test('processes share the copies of a run, one that is killed is started again, and all stop together', async () => {
  const { command, release, pids, expectDone } = await backupUnderWay(['--processes', '2']);
  expect(pids).toHaveLength(2);
  const [killed = 0, left = 0] = pids;
  process.kill(killed, 'SIGKILL');
  const [, number] = await command.until(/"process":(\d),"exitCode":null,"signal":"SIGKILL",.*it is started again/u);
  release();
  const identities = await expectDone();
  expect([...identities].map(Number.parseFloat)).toContain(left);
  const again = new RegExp(`started again[^]*"process":${number},.*worker is running`, 'u');
  await command.until(again);

  const { code, stdout, stderr } = await endOf(command, 'SIGTERM');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr.match(/it is started again/gu)).toHaveLength(1);
});

test('nothing is left running when the first process is killed, and another worker ends the run', async () => {
  env['WORKER_PROCESSES'] = '2';
  const { command, release, expectDone } = await backupUnderWay([]);
  const ended = endOf(command, 'SIGKILL');
  release();
  await ended;
  const next = startCommand(['worker', '--processes', '1'], { env });
  await next.until(/worker is running/u);
  await expectDone();
  expect((await endOf(next, 'SIGINT')).code).toBe(0);
  expect(next.stderr()).not.toMatch(/"process":|worker processes/u);
});

test('a signal that comes while processes start ends them all', async () => {
  const command = startCommand(['worker', '--processes', '3'], { env });
  await command.until(/worker is running/u);
  expect((await endOf(command, 'SIGTERM')).code).toBe(0);
});

test('processes that cannot be configured are not started over and over', async () => {
  const unusable = { ...env, AZURE_STORAGE_CONNECTION_STRING: '' };
  const { code, stderr } = await startCommand(['worker', '--processes', '3'], { env: unusable }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: [^\n]*set AZURE_STORAGE_CONNECTION_STRING[^\n]*\n$/u);
});

test.each([
  [['--processes', '0'], /from 1 to 64/u],
  [['--processes', '65'], /from 1 to 64/u],
  [['--processes', 'two'], /from 1 to 64/u],
  [['--procesess', '2'], /--processes/u],
  [['2'], /too many arguments/u],
])('%s is refused', async (args, says) => {
  const { code, stderr } = await startCommand(['worker', ...args], { env }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(says);
});

test.each(['0', '65', 'two'])('WORKER_PROCESSES=%s is refused', async (WORKER_PROCESSES) => {
  const { code, stderr } = await startCommand(['worker'], { env: { ...env, WORKER_PROCESSES } }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*WORKER_PROCESSES: must be a whole number from 1 to 64\n$/u);
});

test('ports for metrics that there are not enough of are refused at once', async () => {
  const { code, stderr } = await startCommand(['worker', '--processes', '3'], {
    env: { ...env, METRICS_PORT: '65534' },
  }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: METRICS_PORT: .* set it to 65533 or less\n$/u);
});

test('--help tells what there is', async () => {
  const { code, stdout } = await startCommand(['worker', '--help'], { env }).ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/--processes <n>/u);
  expect(stdout).not.toMatch(/--process <n>/u);
});

test('what ends again and again is started after longer and longer, to half a minute', () => {
  const pauses = [restartPause(undefined, 10)];
  while (pauses.length < 8) pauses.push(restartPause(pauses.at(-1), 59_999));
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('what lived for a minute is started as if for the first time', () => {
  expect(restartPause(30_000, 60_000)).toBe(1000);
});
