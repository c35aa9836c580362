import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import type { RunInfo } from '../../../src/history/views/run-info.ts';
import { createBlobProxy, type BlobProxy } from '../../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { startWorkerProcess } from '../../support/worker-process.ts';
import { connect } from '../../support/workflow-harness.ts';
import { rowsIn, runCommand, runPrinted, servers, startAtTerminal, startCommand } from './command.ts';

let client: Client;
let close: () => Promise<void>;
let proxy: BlobProxy;
let root: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());
beforeEach(async () => {
  proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  root = await temporaryDirectory();
  await writeTree(root, { 'a.txt': 10, 'b.txt': 20 });
  env = {
    ...servers(proxy.connectionString),
    BACKUP_CONTAINER: `cli-${randomUUID()}`,
    TASK_QUEUE: randomUUID(),
  };
});

const holdFile = () => proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/b.txt'));

/** Kills a command in the middle of its backup. */
async function killBackup(): Promise<void> {
  const held = holdFile();
  const killed = startCommand([root, '--worker'], { env });
  await held.reached;
  killed.child.kill('SIGKILL');
  await killed.ended;
  held.release();
}

async function instanceOfRoot(): Promise<string> {
  for (;;) {
    for await (const { workflowId } of client.workflow.list({ query: `TaskQueue STARTS_WITH '${env['TASK_QUEUE']}'` }))
      return workflowId;
    await sleep(50);
  }
}

async function statusOf(instanceId: string): Promise<string> {
  return (await client.workflow.getHandle(instanceId).describe()).status.name;
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s, though it comes twice at once, cancels the run and exits 130',
  async (signal) => {
    const held = holdFile();
    const command = startCommand([root, '--worker'], { env });
    await held.reached;
    command.child.kill(signal);
    command.child.kill(signal);
    const { code, stdout, stderr } = await command.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('Canceled');
    expect(stderr).toContain('Stopping: waiting for the files under way. Ctrl-C again leaves at once.\n');
    expect(stderr).not.toMatch(/^ {4}at |"level"|undefined/mu);
    expect(await statusOf(await instanceOfRoot())).toBe('CANCELLED');
  },
);

test('a run that Ctrl-C stopped is told of with its directory, when that was, and what goes on with it', async () => {
  const held = holdFile();
  const command = startCommand([root, '--worker'], { env });
  await held.reached;
  command.child.kill('SIGINT');
  await command.ended;
  const listed = await runCommand(['runs'], { env });
  const [, id = '', at = ''] = /^(\S+) {2}unfinished, stopped (\S+ \S+) .* (?<root>\S+)$/mu.exec(listed.stdout) ?? [];
  expect(listed.stdout.trimEnd().endsWith(`  ${root}`)).toBe(true);
  const [info] = rowsIn<RunInfo>((await runCommand(['runs', '--json', '--source', root], { env })).stdout);
  expect(info).toMatchObject({ run: id, state: 'unfinished', root, instanceId: await instanceOfRoot() });
  expect(info?.stoppedAt?.replace('T', ' ')).toContain(at.slice(0, -1));
  const says = `Run ${id} of ${root} was stopped at ${info?.stoppedAt}, before its end: `;
  expect(listed.stderr).toContain(says);
  for (const args of [['ledger'], ['ls'], ['cat', 'a.txt'], ['retry', '--worker'], ['verify', '--worker']]) {
    const [name = '', ...rest] = args;
    const refused = await runCommand([name, id, ...rest], { env });
    expect([name, refused]).toMatchObject([name, { code: 1, stderr: expect.stringContaining(says) }]);
  }
  held.release();
  const again = await runPrinted(listed.stderr.replace(/(backup \S+)`/u, '$1 --worker`'), 'backup', servers());
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining(`Backed up ${root}`)]);
  expect((await runCommand(['runs'], { env })).stderr).toBe('');
});

test('with --json a cancelled run is one object', async () => {
  const held = holdFile();
  const command = startCommand([root, '--worker', '--json'], { env });
  await held.reached;
  command.child.kill('SIGINT');
  const { code, stdout } = await command.ended;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'Canceled', instanceId: await instanceOfRoot() });
});

test('a second Ctrl-C leaves at once, and the next command waits for the run that is being stopped', async () => {
  const settings = { connectionString: proxy.connectionString, taskQueue: env['TASK_QUEUE'] ?? '', root };
  const worker = await startWorkerProcess({ ...settings, container: env['BACKUP_CONTAINER'] ?? '' });
  onTestFinished(worker.kill);
  const held = holdFile();
  const command = startCommand([root, '--json'], { env });
  await held.reached;
  // Without a worker nobody can end the run.
  await worker.kill();
  command.child.kill('SIGINT');
  await command.until(/Stopping/u);
  await sleep(600);
  command.child.kill('SIGINT');
  const { code, stdout } = await command.ended;
  expect(code).toBe(130);
  const instanceId = await instanceOfRoot();
  expect(JSON.parse(stdout)).toEqual({ instanceId, status: 'Interrupted', error: expect.stringContaining('Left') });
  expect(await statusOf(instanceId)).toBe('RUNNING');

  held.release();
  const successor = await startWorkerProcess({ ...settings, container: env['BACKUP_CONTAINER'] ?? '' });
  onTestFinished(() => successor.stop().then(() => undefined));
  const again = await startCommand([root, '--json'], { env }).ended;
  expect(again.stderr).toContain('is being stopped; starting when it has ended');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 'Completed', instanceId, files: 2 });
});

test('a killed command that is run again goes on with the same run', async () => {
  await killBackup();
  const instanceId = await instanceOfRoot();
  const { runId } = await client.workflow.getHandle(instanceId).describe();

  const again = await startCommand([root, '--worker', '--json'], { env }).ended;
  expect(again.stderr).toContain(`A backup of ${root} is under way already; going on with it.`);
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 'Completed', instanceId, files: 2, bytes: 30 });
  expect((await client.workflow.getHandle(instanceId).describe()).runId).toBe(runId);
});

test('a run that was cut off is told of, and its retry goes on with it', async () => {
  await killBackup();
  const [{ run = '', ...info } = {}] = rowsIn<Partial<RunInfo>>((await runCommand(['runs', '--json'], { env })).stdout);
  expect(info).toMatchObject({ state: 'unfinished', root });
  expect(info.stoppedAt).toBeUndefined();
  const looked = await runCommand(['ls', run], { env });
  expect(looked).toMatchObject({ code: 1, stderr: expect.stringContaining(`Run ${run} of ${root} has not ended`) });
  const retried = await runCommand(['retry', run, '--worker', '--json'], { env });
  expect([retried.code, retried.stderr]).toEqual([0, expect.stringContaining('going on with it')]);
  expect(JSON.parse(retried.stdout)).toMatchObject({ status: 'Completed', run, files: 2 });
});

test('at a terminal a bar shows the progress and goes away in the end', async () => {
  const held = holdFile();
  const command = startAtTerminal('"$NODE" src/main.ts "$ROOT" --worker', root, env);
  await held.reached;
  await command.until(/\d+% \| \S+ of \d+ B .*\| \d of 2 files/u);
  held.release();
  const { code, stdout } = await command.ended;
  expect(code).toBe(0);
  const [drawn = '', report = ''] = stdout.split('Backed up ');
  expect(drawn).toContain('\u001B[?25l');
  expect(drawn.endsWith('\u001B[2K')).toBe(true);
  expect(drawn.lastIndexOf('\u001B[?25h')).toBeGreaterThan(drawn.lastIndexOf('\u001B[?25l'));
  expect(report).toContain('files     2');
  expect(report).not.toContain('%');
  expect(report).not.toContain('\u001B');
});
