import { randomUUID } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { PreviewRow, BackupSummary } from '../../../src/contracts/backup.ts';
import { containerClient } from '../../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers, type Ended } from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv & { BACKUP_CONTAINER: string };

beforeEach(async () => {
  root = await temporaryDirectory();
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

function run(...args: string[]): Promise<Ended> {
  return runCommand(args, { env });
}

function rowsOf({ stdout }: Ended): PreviewRow[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as PreviewRow);
}

function actionsOf(ended: Ended): Record<string, string> {
  return Object.fromEntries(rowsOf(ended).map(({ path, action }) => [path, action]));
}

test('--dry-run prints what a backup would do and why, and needs neither Temporal nor storage', async () => {
  await writeTree(root, { 'a.txt': 10, 'b.log': 5, 'd/large': 2000, 'tmp/x': 1 });
  await writeFile(join(root, '.backupignore'), '*.log\n');
  await symlink('a.txt', join(root, 'link'));
  const bare = { DATA_DIR: join(await temporaryDirectory(), 'none') };
  const options = ['--exclude', 'tmp', '--larger-than', '1K', '--exclude', '/no/where'];
  const { code, stdout, stderr } = await runCommand([root, '--dry-run', ...options], { env: bare });
  expect([code, stderr]).toEqual([0, 'Warning: exclude "/no/where" matches nothing in the tree.\n']);
  expect(stdout.split('\n')).toEqual([
    'ACTION               BYTES  PATH',
    'upload                   6  .backupignore',
    'upload                  10  a.txt',
    'exclude                  -  b.log: excluded by *.log in .backupignore:1',
    'record                   -  d/',
    'exclude                  -  d/large: larger than 1,024 bytes',
    'record                   -  link',
    'exclude                  -  tmp/: excluded by tmp',
    '7 paths, 16 bytes: 2 upload, 3 exclude, 2 record',
    '',
  ]);
});

test('a backup leaves out what the dry run said; the next dry run tells what is unchanged', async () => {
  await writeTree(root, { 'a.txt': 10, 'b.log': 5, 'c/d.txt': 1 });
  const filters = ['--include', '*.txt', '--exclude', 'none'];
  const before = await run(root, '--dry-run', ...filters, '--json');
  expect(actionsOf(before)).toEqual({ 'a.txt': 'upload', 'b.log': 'exclude', 'c/': 'record', 'c/d.txt': 'upload' });
  // It writes nothing, not even the container.
  expect(await containerClient(env.BACKUP_CONTAINER).exists()).toBe(false);
  const { code, stdout } = await run(root, '--worker', ...filters, '--json');
  expect(code).toBe(0);
  const summary = JSON.parse(stdout) as BackupSummary;
  expect(summary).toMatchObject({ files: 2, excluded: 1, warnings: ['exclude "none" matches nothing in the tree'] });
  await writeFile(join(root, 'a.txt'), 'another');
  await writeTree(root, { 'new.txt': 3 });
  expect(actionsOf(await run(root, '--dry-run', ...filters, '--json'))).toEqual({
    'a.txt': 'upload',
    'b.log': 'exclude',
    'c/': 'record',
    'c/d.txt': 'unchanged',
    'new.txt': 'upload',
  });
  const text = await run(root, '--worker', ...filters);
  expect(text.stdout).toMatch(
    /\n {2}excluded {2}1\n(?:.*\n)* {2}warning {3}exclude "none" matches nothing in the tree\n/u,
  );
});

test('what cannot be listed fails in a dry run, too', async () => {
  await writeTree(root, { 'a/x': 1, b: 1 });
  await mkdir(join(root, 'a/.backupignore'));
  const ended = await run(root, '--dry-run', '--json');
  expect(ended.code).toBe(3);
  expect(actionsOf(ended)).toEqual({ 'a/': 'fail', b: 'upload' });
});

test('of much that is left out, all is printed', async () => {
  const names = Array.from({ length: 2500 }, (_, i) => `f${i}.tmp`);
  await writeTree(root, Object.fromEntries([...names, 'last'].map((name) => [name, 0])));
  const rows = rowsOf(await run(root, '--dry-run', '--json', '--exclude', '*.tmp'));
  expect(rows.map(({ path }) => path)).toEqual([...names.toSorted(), 'last']);
});

test('storage that does not answer is no reason not to list', async () => {
  await writeTree(root, { a: 1 });
  const nowhere = `DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==;BlobEndpoint=http://127.0.0.1:9/x;`;
  const options = { env: { ...env, AZURE_STORAGE_CONNECTION_STRING: nowhere } };
  const ended = await runCommand([root, '--dry-run', '--json'], options);
  expect(ended.code).toBe(0);
  expect(actionsOf(ended)).toEqual({ a: 'upload' });
  expect(ended.stderr).toContain('All files count as new, for the last run cannot be read');
});

test.each([
  [['--include', '../x'], 'is not relative to the root'],
  [['--exclude', '!x'], String.raw`write \! for a name`],
  [['--exclude-if-present', 'a/b'], 'must be a name, without a slash'],
  [['--larger-than', '5X'], 'must be bytes, as a number or with the unit'],
])('%j is refused', async (options, message) => {
  const { code, stdout, stderr } = await run(root, '--dry-run', ...options);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
});

test('--dry-run refuses a directory that is on another machine', async () => {
  const { code, stderr } = await run(root, '--dry-run', '--worker-name', 'web-1');
  expect(code).toBe(1);
  expect(stderr).toContain('run it there, without --worker-name');
});
