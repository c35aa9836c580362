import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTree } from '../../support/tree.ts';
import { runCommand, servers } from './command.ts';

// Most tests run commands one after another in a process that stays. Here each ends a process of its own.

const env = { ...servers(), BACKUP_CONTAINER: `own-${randomUUID()}`, TASK_QUEUE: randomUUID() };
const name = `folder/${'x'.repeat(40)}`;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'durable-backup-tree-'));
  // More than a pipe holds is left to be written when a command has done its work.
  await writeTree(join(root, 'site'), Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`${name}${at}`, 1])));
});

afterAll(() => rm(root, { recursive: true, force: true }));

test('a backup ends with its worker', async () => {
  const backup = await runCommand([join(root, 'site'), '--worker', '--json'], { env, ownProcess: true });
  expect(backup).toMatchObject({ code: 0, stdout: expect.stringMatching(/"complete":true.*\n$/u) });
});

test.each([
  ['runs', '--json'],
  ['ledger', 'latest', '--json'],
  ['cat', 'latest', `${name}7`],
  ['schedule', 'list'],
  ['sources'],
  ['ledger', 'nonsense'],
])('%s ends, and not before it has told all', async (...args) => {
  const own = await runCommand(args, { env, cwd: root, ownProcess: true });
  expect(own).toEqual(await runCommand(args, { env, cwd: root }));
  expect(own.stdout + own.stderr).not.toBe('');
});

test.each([
  ['verify', 'latest', '--worker'],
  ['restore', 'latest', '--worker', '--target'],
  ['prune', '--worker'],
])('%s ends with its worker', async (...args) => {
  const whole = args.at(-1) === '--target' ? [...args, join(root, 'restored')] : args;
  expect(await runCommand(whole, { env, ownProcess: true })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/\n$/u),
  });
});
