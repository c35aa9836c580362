import { randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import type { LedgerRow } from '../../../src/history/views/read-report-rows.ts';
import type { RunInfo } from '../../../src/history/views/run-info.ts';
import { createBlobProxy } from '../../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import {
  asOrdinaryUser,
  runCommand,
  servers,
  startAtTerminal,
  startCommand,
  type CommandOptions,
  type Ended,
  type PrintedBackup,
  rowsIn,
} from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  root = await temporaryDirectory();
  await chmod(root, 0o755);
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

function run(args: readonly string[], options: CommandOptions = { env }): Promise<Ended> {
  return runCommand(args, options);
}

async function backUp(directory = root, options?: CommandOptions): Promise<PrintedBackup> {
  const { stdout } = await run([directory, '--worker', '--json'], options);
  return JSON.parse(stdout) as PrintedBackup;
}

test('runs lists the history, newest first, as text and as JSON', async () => {
  const nothing = await run(['runs']);
  expect(nothing).toMatchObject({ code: 0, stdout: expect.stringMatching(/^No runs in http/u) });
  await writeTree(root, { 'a.txt': 10 });
  const first = await backUp();
  await writeTree(root, { 'b.txt': 20 });
  const second = await backUp();
  const { stdout } = await run(['runs', '--json']);
  const runs = rowsIn<RunInfo>(stdout);
  expect(runs.map(({ run }) => run)).toEqual([second.run, first.run]);
  expect(runs[0]).toMatchObject({ state: 'complete', files: 2, bytes: 30, failed: 0, root });
  expect(runs[0]).toMatchObject({ instanceId: second.instanceId, durationMs: expect.any(Number) });
  const text = await run(['runs', '--source', root]);
  expect(text.stdout.split('\n')[1]).toMatch(new RegExp(`^${second.run}  complete  .* 30 B  ${root}$`, 'u'));
  const others = await run(['--json', 'runs', '--source', '/elsewhere']);
  expect(others).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('ledger tells what became of every path, by any name of the run', async () => {
  await writeTree(root, { 'a.txt': 10, 'd/b.txt': 20 });
  const { run: runId, instanceId } = await backUp();
  const { code, stdout } = await run(['ledger', runId, '--json']);
  expect(code).toBe(0);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LedgerRow);
  expect(rows.map(({ path, outcome, bytes }) => [path, outcome, bytes])).toEqual([
    ['a.txt', 'uploaded', 10],
    ['d', 'recorded', undefined],
    ['d/b.txt', 'uploaded', 20],
  ]);
  expect(rows[0]).toMatchObject({
    encodedPath: 'a.txt',
    attempts: 1,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
  });
  const text = await run(['ledger', 'latest']);
  expect(text.stdout).toMatch(
    /^OUTCOME .* PATH\nuploaded .* a\.txt\n.*\n.*\n3 paths, 30 bytes: 2 uploaded, 1 recorded\n$/u,
  );
  const later = new Date(Date.now() + 60_000).toISOString();
  for (const name of [instanceId, later]) expect((await run(['ledger', name])).stdout).toBe(text.stdout);
});

test('a reader that has enough does not make ledger complain', async () => {
  await writeTree(root, Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`${at}.txt`, 1])));
  await backUp();
  const piped = startAtTerminal('"$NODE" src/main.ts ledger latest --json | head -n 1', root, env);
  const { stdout } = await piped.ended;
  expect(stdout.trimEnd()).toMatch(/^\{"path":"0\.txt".*\}$/u);
});

test('Ctrl-C ends what is only being read', async () => {
  await writeTree(root, { 'a.txt': 10 });
  await backUp();
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const held = proxy.hold(({ path }) => path.endsWith('/manifest.json'));
  const slow = { env: { ...env, ...servers(proxy.connectionString) } };
  const command = startCommand(['ledger', 'latest', '--json'], slow);
  await held.reached;
  command.child.kill('SIGINT');
  expect(await command.ended).toEqual({
    code: 130,
    stdout: '{"status":"Interrupted","error":"Stopped."}\n',
    stderr: 'Stopped.\n',
  });
});

test('a run that cannot be named is an error that says what can', async () => {
  const other = await temporaryDirectory();
  await writeTree(root, { 'a.txt': 1 });
  await Promise.all([backUp(), backUp(other)]);
  const several = await run(['ledger', 'latest']);
  expect(several).toMatchObject({ code: 1, stdout: '' });
  for (const text of [root, other]) expect(several.stderr).toContain(text);
  expect((await run(['ledger', 'latest', '--source', other])).stdout).toContain('0 paths');
  const unknown = await run(['ledger', 'nonsense', '--json']);
  expect(JSON.parse(unknown.stdout)).toMatchObject({ status: 'Failed', error: expect.stringContaining('nonsense') });
});

test('what needs storage alone asks nothing of Temporal', async () => {
  const { TEMPORAL_ADDRESS: _, ...storageOnly } = env;
  expect(await run(['runs'], { env: { ...storageOnly, TEMPORAL_ADDRESS: '127.0.0.1:1' } })).toMatchObject({ code: 0 });
});

test('retry copies exactly what failed and completes the run', async () => {
  await writeTree(root, { 'good.txt': 10, 'bad.txt': 20 });
  await chmod(join(root, 'bad.txt'), 0);
  const ordinary = asOrdinaryUser(env);
  const incomplete = await backUp(root, ordinary);
  expect(incomplete).toMatchObject({ complete: false, failed: 1 });
  expect((await run(['runs'])).stdout).toContain(`${incomplete.run}  incomplete, 1 failed`);

  const again = await run(['retry', 'latest', '--worker', '--json'], ordinary);
  expect(again.code).toBe(3);
  await chmod(join(root, 'bad.txt'), 0o644);
  const retried = await run(['retry', incomplete.instanceId, '--worker'], ordinary);
  expect(retried.code).toBe(0);
  expect(retried.stdout).toContain(`Backed up ${root}\n  files     2 (`);
  expect(retried.stdout).toContain(`  run       ${incomplete.run}\n`);
  const nothing = await run(['retry', incomplete.run, '--worker']);
  expect(nothing).toEqual({
    code: 0,
    stdout: '',
    stderr: `Run ${incomplete.run} is complete: there is nothing to retry\n`,
  });
});

test('retry says when a later backup took the place of the run, and when Temporal does not know its instance', async () => {
  await writeTree(root, { 'good.txt': 10, 'bad.txt': 20 });
  await chmod(join(root, 'bad.txt'), 0);
  const ordinary = asOrdinaryUser(env);
  const first = await backUp(root, ordinary);
  await backUp(root, ordinary);
  const replaced = await run(['retry', first.run, '--worker'], ordinary);
  expect(replaced).toMatchObject({ code: 1, stderr: expect.stringContaining('has begun another run since') });
  const elsewhere = await run(['retry', first.run, '--worker'], {
    ...ordinary,
    env: { ...ordinary.env, TASK_QUEUE: 'x' },
  });
  expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('does not know the instance') });
  expect(elsewhere.stderr).toContain(`start a backup of ${root}`);
});
