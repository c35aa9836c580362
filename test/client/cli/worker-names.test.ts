import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { untilPolled } from '../../support/until-polled.ts';
import { runCommand, servers, startCommand } from './command.ts';

let env: NodeJS.ProcessEnv;
let root: string;
let name: string;

beforeEach(async () => {
  env = { ...servers(), BACKUP_CONTAINER: `workers-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  root = await temporaryDirectory();
  await writeTree(root, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i % 3}/f${i}`, 100 + i])));
  name = `web-${randomUUID()}`;
});

async function startWorker(settings: NodeJS.ProcessEnv) {
  const worker = startCommand(['worker'], { env: { ...env, ...settings } });
  await worker.until(/worker is running/u);
  await untilPolled(inject('temporalAddress'), env['TASK_QUEUE'] ?? '');
  return worker;
}

/** Ids of the processes that began the activities of a job. */
async function processesOf(instanceId: string): Promise<Set<number>> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  onTestFinished(() => connection.close());
  const { events } = await new Client({ connection }).workflow.getHandle(instanceId).fetchHistory();
  const identities = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.identity ?? []);
  return new Set(identities.map(Number.parseFloat));
}

test('a backup and a restore go to the host that they name, beside workers that cannot see its files', async () => {
  const out = await temporaryDirectory();
  const elsewhere = { BACKUP_ROOTS: await temporaryDirectory() };
  await Promise.all([startWorker(elsewhere), startWorker(elsewhere)]);
  const host = await startWorker({ BACKUP_ROOTS: `${root}:${out}`, WORKER_NAMES: `other-${name},${name}` });

  const backup = await runCommand([root, '--worker-name', name, '--json'], { env });
  expect(backup.code).toBe(0);
  const { instanceId, files } = JSON.parse(backup.stdout) as { instanceId: string; files: number };
  expect(files).toBe(20);
  expect(await processesOf(instanceId)).toEqual(new Set([host.child.pid]));

  const target = join(out, 'restored');
  const args = ['restore', 'latest', '--target', target, '--target-worker', name, '--json'];
  const restore = await runCommand(args, { env });
  expect(restore.code).toBe(0);
  const restored = JSON.parse(restore.stdout) as { instanceId: string; restored: number };
  expect(restored.restored).toBe(20);
  expect(await processesOf(restored.instanceId)).toEqual(new Set([host.child.pid]));
  expect(await readFile(join(target, 'd1/f1'))).toEqual(await readFile(join(root, 'd1/f1')));

  host.child.kill('SIGTERM');
  expect((await host.ended).code).toBe(0);
});

test('a name that no worker has is given before anything starts', async () => {
  await startWorker({ BACKUP_ROOTS: root });
  const { code, stdout, stderr } = await runCommand([root, '--worker-name', name, '--json'], { env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'Failed', error: expect.stringContaining(name) });
  expect(stderr).toContain(`WORKER_NAMES=${name}`);
});

test.each([
  [['DIR', '--worker-name', 'web-1', '--worker'], {}, 'leave out --worker'],
  [['DIR', '--worker-name', 'web-1'], { TEMPORAL_ADDRESS: '' }, 'set TEMPORAL_ADDRESS'],
  [['restore', 'latest', '--target-worker', 'web-1', '--worker'], {}, 'leave out --worker'],
  [['DIR', '--worker-name', '/srv/site'], {}, '1 to 64 letters'],
])('%j is refused where it makes no sense', async (args, settings, says) => {
  const given = args.map((arg) => (arg === 'DIR' ? root : arg));
  const { code, stderr } = await runCommand(given, { env: { ...env, ...settings } });
  expect(code).toBe(1);
  expect(stderr).toContain(says);
});
