import { randomUUID } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { containerClient } from '../../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { asOrdinaryUser, runCommand, servers, type Ended } from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  root = await temporaryDirectory();
  await chmod(root, 0o755);
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

function backUp(...flags: string[]): Promise<Ended> {
  return runCommand([root, '--worker', ...flags], { env });
}

test('a backup tells what it did on stdout and how it went on stderr', async () => {
  await writeTree(root, { 'a.txt': 1000, 'd/b.txt': 24 });
  const { code, stdout, stderr } = await backUp('--verbose');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^(?:(?:opening|copying|committing|done).*\n)*$/u),
  });
  expect(stdout).toMatch(
    new RegExp(`^Backed up ${root}\\n  files     2 \\(2 uploaded, 0 unchanged, 0 already there\\)\\n`, 'u'),
  );
  expect(stdout).toContain('  bytes     1,024 (1.0 KiB; 1.0 KiB uploaded)\n');
  expect(stdout).toContain(`  blobs     http://127.0.0.1:`);
  expect(stdout).not.toContain('undefined');
  const blob = containerClient(env['BACKUP_CONTAINER'] ?? '').getBlobClient(`${root.slice(1)}/d/b.txt`);
  expect((await blob.getProperties()).contentLength).toBe(24);
});

test('--json prints exactly one object on stdout', async () => {
  await writeTree(root, { 'a.txt': 1000 });
  const { code, stdout } = await backUp('--json');
  expect(code).toBe(0);
  expect(stdout.trimEnd()).not.toContain('\n');
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'Completed',
    instanceId: expect.stringMatching(/^backup-durable-backup-tree-/u),
    root,
    files: 1,
    bytes: 1000,
    failed: 0,
    complete: true,
    durationMs: expect.any(Number),
    storageUrl: expect.stringContaining(env['BACKUP_CONTAINER'] ?? ''),
  });
});

test('--quiet is silent when all went well', async () => {
  await writeTree(root, { 'a.txt': 1 });
  expect(await backUp('--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('--quiet --json prints the object alone', async () => {
  const { code, stdout, stderr } = await backUp('--quiet', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ status: 'Completed' });
});

test('an empty directory is a backup of no files', async () => {
  const { code, stdout } = await backUp('--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'Completed', files: 0, bytes: 0, complete: true });
});

test('a second backup of an unchanged directory succeeds too', async () => {
  await writeTree(root, { 'a.txt': 10 });
  await backUp();
  const { code, stdout } = await backUp('--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ files: 1, bytes: 10, unchanged: 1, uploaded: 0 });
});

test('a file that cannot be read ends in exit code 3 and is named with the reason, in text and in JSON', async () => {
  await writeTree(root, { 'good.txt': 10, 'bad.txt': 20 });
  await chmod(join(root, 'bad.txt'), 0);
  const ordinary = asOrdinaryUser(env);
  const text = await runCommand([root, '--worker'], ordinary);
  expect(text.code).toBe(3);
  expect(text.stdout).toContain(`Incomplete backup of ${root}\n`);
  expect(text.stdout).toContain('  failed    1\n    bad.txt: EACCES: permission denied\n');
  expect(text.stderr).not.toMatch(/error|warn|\bat /iu);

  const json = await runCommand([root, '--worker', '--json', '--quiet'], ordinary);
  expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 3, stderr: '' });
  expect(JSON.parse(json.stdout)).toMatchObject({
    status: 'Failed',
    error: expect.stringContaining('1 of 2 files could not be backed up'),
    files: 1,
    bytes: 10,
    failed: 1,
    complete: false,
    failures: [{ path: 'bad.txt', outcome: 'failed' }],
  });
});

test('a directory that cannot be listed inside the tree does not hide the rest', async () => {
  await writeTree(root, { 'good.txt': 10, 'closed/x': 1 });
  await chmod(join(root, 'closed'), 0);
  const { code, stdout } = await runCommand([root, '--worker', '--json'], asOrdinaryUser(env));
  await chmod(join(root, 'closed'), 0o755);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ files: 1, failed: 1, failures: [{ path: 'closed' }] });
});

test('a root that cannot be listed is an error, without a stack or a log', async () => {
  const closed = join(root, 'closed');
  await mkdir(closed);
  await chmod(closed, 0);
  const { code, stdout, stderr } = await runCommand([closed, '--worker'], asOrdinaryUser(env));
  await chmod(closed, 0o755);
  expect(code).toBe(1);
  expect(stdout).toContain(`${closed} cannot be read (EACCES)`);
  expect(stderr).toMatch(/^(?:opening\n)?$/u);
});
