import { randomUUID } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import type { RestoreSummary } from '../../../src/contracts/restore.ts';
import { createBlobProxy } from '../../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { startWorkerProcess } from '../../support/worker-process.ts';
import { runCommand, servers, startCommand, type Ended, type PrintedBackup } from './command.ts';

let root: string;
let parent: string;
let env: NodeJS.ProcessEnv;
let runId: string;

beforeEach(async () => {
  root = await temporaryDirectory();
  parent = await temporaryDirectory();
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  await writeTree(root, { 'a.txt': 1000, 'd/b.txt': 24, 'd/c.log': 30 });
  const { stdout } = await run(root, '--worker', '--json');
  ({ run: runId } = JSON.parse(stdout) as PrintedBackup);
});

function run(...args: string[]): Promise<Ended> {
  return runCommand(args, { env });
}

test('restore brings a run back into a directory that it makes', async () => {
  const target = join(parent, 'new', 'place');
  const { code, stdout } = await run('restore', 'latest', '--target', target, '--worker');
  expect(code).toBe(0);
  expect(stdout).toContain(`Restored ${target} from run ${runId} of ${root}\n  files     3 (1.0 KiB)\n  restored  3 `);
  for (const file of ['a.txt', 'd/b.txt', 'd/c.log']) {
    expect(await readFile(join(target, file))).toEqual(await readFile(join(root, file)));
  }
});

test('restore takes paths relative to the directory, globs, and absolute ones below it', async () => {
  const args = ['restore', runId, 'd/*.log', join(root, 'a.txt'), '--target', parent, '--worker', '--json'];
  const { code, stdout } = await run(...args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'Completed', target: parent, files: 2, restored: 2, run: runId });
  expect((await readdir(parent, { recursive: true })).toSorted()).toEqual(['a.txt', 'd', 'd/c.log']);
  const outside = await run('restore', runId, '/etc/passwd', '--worker');
  expect(outside).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`leads out of ${root}`) });
});

test('a path that the run has is meant as it is written, and its invisible characters are shown', async () => {
  const turned = 'pages/photo\u202Egpj.exe';
  await writeTree(root, { 'pages/[id].js': 5, 'pages/i.js': 6, [turned]: 7 });
  await run(root, '--worker', '--json');
  await writeFile(join(root, 'pages/i.js'), 'an edit');
  await writeFile(join(root, 'pages/[id].js'), 'an edit');
  const { code, stdout } = await run('restore', 'latest', 'pages/[id].js', '--worker', '--json');
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ files: 1, restored: 1 })]);
  expect(String(await readFile(join(root, 'pages/i.js')))).toBe('an edit');
  expect(await readFile(join(root, 'pages/[id].js'))).toHaveLength(5);
  expect((await run('ls', 'latest', turned)).stdout).toContain('pages/photo\uFFFDgpj.exe\n');
  const json = (await run('ls', 'latest', turned, '--json')).stdout;
  expect(json).not.toContain('\u202E');
  expect(JSON.parse(json)).toMatchObject({ path: turned });
});

test('globs that stand for too much start nothing', async () => {
  const { code, stdout, stderr } = await run('restore', 'latest', '{a,b}'.repeat(12), '--worker');
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('stands for more than 1000 globs')]);
  const filtered = await run(root, '--exclude', `${'{a,b}'.repeat(9)}${'x'.repeat(2000)}`, '--worker');
  expect([filtered.code, filtered.stdout, filtered.stderr]).toEqual([
    1,
    '',
    expect.stringContaining('must not stand for more than 65536 characters in all'),
  ]);
});

test('without a target it restores where it came from, and what changed there follows --overwrite', async () => {
  await rm(join(root, 'd'), { recursive: true });
  await writeFile(join(root, 'a.txt'), 'mine');
  const kept = await run('restore', runId, '--overwrite', 'never', '--worker', '--json');
  expect(JSON.parse(kept.stdout)).toMatchObject({ restored: 2, kept: 1, target: root });
  expect(String(await readFile(join(root, 'a.txt')))).toBe('mine');
  const replaced = await run('restore', runId, '--worker', '--json');
  expect(JSON.parse(replaced.stdout)).toMatchObject({ restored: 1, unchanged: 2 });
  expect(await readFile(join(root, 'a.txt'))).toHaveLength(1000);
});

test('a dry run prints what would be done, and does none of it; its ledger can be read again', async () => {
  await writeTree(parent, { 'more.txt': 1 });
  const { code, stdout } = await run(
    'restore',
    runId,
    '--target',
    parent,
    '--delete',
    '--dry-run',
    '--worker',
    '--verbose',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^OUTCOME .*\nrestored .* a\.txt\n/u);
  expect(stdout).toMatch(/\ndeleted .* more\.txt\n/u);
  expect(stdout).toContain('Dry run, nothing was changed: would restore');
  expect(stdout).toContain('The restore itself asks for --force');
  expect(await readdir(parent)).toEqual(['more.txt']);
  const [, id = ''] = /^ {2}restore {3}(\S+)$/mu.exec(stdout) ?? [];
  expect(stdout).toContain((await run('ledger', id)).stdout.split('\n')[1]);
});

test('a mirror into a directory full of other things asks for --force, and keeps what the run left out', async () => {
  const filtered = await run(root, '--exclude', '*.log', '--worker', '--json');
  expect(filtered.code).toBe(0);
  await writeTree(parent, { 'more.txt': 1, 'd/own.log': 1 });
  const args = ['restore', 'latest', '--source', root, '--target', parent, '--delete', '--worker'];
  const refused = await run(...args);
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('give --force') });
  expect(await readdir(parent)).toEqual(['d', 'more.txt']);
  const forced = await run(...args, '--force', '--json');
  expect(JSON.parse(forced.stdout)).toMatchObject({ restored: 2, deleted: 1, kept: 1, failed: 0, undeleted: 0 });
  expect((await readdir(parent, { recursive: true })).toSorted()).toEqual(['a.txt', 'd', 'd/b.txt', 'd/own.log']);
});

test('a restore that was killed goes on when it is run again', async () => {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const held = proxy.hold(({ method, path }) => method === 'GET' && path.endsWith('/b.txt'));
  const args = ['restore', runId, '--target', parent, '--worker', '--json'];
  const slow = { env: { ...env, ...servers(proxy.connectionString) } };
  const killed = startCommand(args, slow);
  await held.reached;
  killed.child.kill('SIGKILL');
  await killed.ended;
  held.release();
  const again = await run(...args);
  expect(again.stderr).toContain(`A restore into ${parent} is under way already; going on with it.`);
  const summary = JSON.parse(again.stdout) as RestoreSummary;
  expect(summary).toMatchObject({ status: 'Completed', files: 3, failed: 0 });
  expect(await readFile(join(parent, 'd/b.txt'))).toEqual(await readFile(join(root, 'd/b.txt')));
});

test('wrong options and a run that is not there change nothing', async () => {
  const cases = [
    { args: [runId, '--overwrite', 'maybe'], says: '--overwrite' },
    { args: [runId, '--target', ''], says: '--target' },
    { args: ['20200101T000000Z-00000000'], says: 'no run "20200101T000000Z-00000000"' },
    { args: [runId, ''], says: 'path ""' },
    { args: [], says: "missing required argument 'run'" },
  ];
  for (const { args, says } of cases) {
    const { code, stderr } = await run('restore', ...args, '--worker');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(says) });
  }
});

test('where only the workers know the storage account, they find the run', async () => {
  const { AZURE_STORAGE_CONNECTION_STRING: _, ...temporalOnly } = env;
  const taskQueue = env['TASK_QUEUE'] ?? '';
  const worker = await startWorkerProcess({
    connectionString: inject('connectionString'),
    container: env['BACKUP_CONTAINER'] ?? '',
    taskQueue,
    root: parent,
  });
  onTestFinished(() => worker.stop().then(() => undefined));
  const target = join(parent, 'new');
  const options = { env: temporalOnly };
  const plan = await runCommand(['restore', 'latest', '--target', target, '--dry-run'], options);
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining(`from run ${runId}`) });
  expect(plan.stderr).toMatch(/`[^`]*durable-backup ledger \S+` prints the single paths/u);
  const args = ['restore', 'latest', 'a.txt', '--source', root, '--target', target, '--json'];
  const { code, stdout } = await runCommand(args, options);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { restored: 1, run: runId, target }]);
  const retry = await runCommand(['retry', runId], options);
  expect(retry).toMatchObject({ code: 1, stderr: expect.stringContaining('AZURE_STORAGE_CONNECTION_STRING') });
});
