import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, inject, test } from 'vitest';
import { temporaryDirectory } from '../../support/tree.ts';
import { closedAddress, runCommand, servers } from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  root = await temporaryDirectory();
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

/** Exit code 1, one line on stderr that says what is wrong, and the same in JSON when that was asked for. */
async function expectError(args: readonly string[], settings: NodeJS.ProcessEnv, ...says: string[]): Promise<void> {
  const [plain, json] = await Promise.all([
    runCommand(args, { env: settings }),
    runCommand([...args, '--json'], { env: settings }),
  ]);
  expect(plain).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: /u) });
  for (const text of says) expect(plain.stderr).toContain(text);
  expect(plain.stderr).not.toMatch(/^ {4}at |undefined|\{/mu);
  expect(json.code).toBe(1);
  const answer = JSON.parse(json.stdout) as { status: string; error: string };
  expect(answer.status).toBe('Failed');
  for (const text of says.slice(0, 1)) expect(answer.error).toContain(text);
}

test('a directory that does not exist', async () => {
  await expectError([join(root, 'gone'), '--worker'], env, `${root}/gone does not exist`);
});

test('a file instead of a directory', async () => {
  const file = join(root, 'file');
  await writeFile(file, '');
  await expectError([file, '--worker'], env, `${file} is not a directory`);
});

test('Temporal that is not there', async () => {
  await expectError([root], { ...env, TEMPORAL_ADDRESS: closedAddress }, closedAddress, 'TEMPORAL_ADDRESS');
});

test('an address of Temporal that is none', async () => {
  await expectError([root], { ...env, TEMPORAL_ADDRESS: 'http://temporal:7233' }, 'TEMPORAL_ADDRESS', 'hostname:port');
});

test('a profile of Temporal that does not exist', async () => {
  await expectError([root], { ...env, TEMPORAL_PROFILE: 'nowhere' }, "'nowhere'");
});

test('a namespace that does not exist', async () => {
  await expectError([root], { ...env, TEMPORAL_NAMESPACE: 'nowhere' }, 'nowhere', 'TEMPORAL_NAMESPACE');
});

test('storage that is not there', async () => {
  const connection = inject('connectionString').replace(/http:\/\/127\.0\.0\.1:\d+/u, `http://${closedAddress}`);
  await expectError([root, '--worker'], { ...env, AZURE_STORAGE_CONNECTION_STRING: connection }, closedAddress);
});

test('storage that refuses the key', async () => {
  const connection = inject('connectionString').replace(/AccountKey=[^;]+/u, 'AccountKey=d3Jvbmc=');
  await expectError([root, '--worker'], { ...env, AZURE_STORAGE_CONNECTION_STRING: connection }, '403');
});

test('a connection string that is none', async () => {
  const settings = { ...env, AZURE_STORAGE_CONNECTION_STRING: 'nonsense' };
  await expectError([root, '--worker'], settings, 'AZURE_STORAGE_CONNECTION_STRING');
});

test('a container name that Azure forbids', async () => {
  await expectError([root, '--worker'], { ...env, BACKUP_CONTAINER: 'Not_allowed' }, 'BACKUP_CONTAINER', 'lower-case');
});

test('no worker on the task queue', async () => {
  await expectError([root], env, env['TASK_QUEUE'] ?? '', 'durable-backup worker', '--worker');
});

test('no directory, an empty one, too many, and an unknown option', async () => {
  await expectError(['backup'], env, "missing required argument 'dir'");
  await expectError([''], env, 'is empty');
  await expectError([root, root], env, 'too many arguments');
  await expectError([root, '--nonsense'], env, "unknown option '--nonsense'");
});

test('a mistake in the options of a command', async () => {
  await expectError(
    ['verify', 'latest', '--deep', '--sample', '0%'],
    env,
    "'--sample <share>' argument '0%' is invalid",
  );
  await expectError(['verify', 'latest', '--sample', '5%'], env, 'give --deep with them');
  await expectError(['ledger', ''], env, 'It is empty');
});
