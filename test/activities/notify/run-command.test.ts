import { spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { createNotifyActivities } from '../../../src/activities/notify/index.ts';
import type { NotifyOptions } from '../../../src/contracts/notice.ts';
import { temporaryDirectory } from '../../support/tree.ts';
import { asked, notice, sourceTelling } from './rig.ts';

interface Settings {
  readonly allowCommands?: boolean;
  readonly roots?: readonly string[];
  readonly options?: Partial<NotifyOptions>;
  readonly environment?: MockActivityEnvironment;
}

function run(command: readonly string[], settings: Settings = {}): Promise<void> {
  const { allowCommands = true, roots = [], options, environment = new MockActivityEnvironment() } = settings;
  const { runCommand } = createNotifyActivities({
    definitionOf: async () => sourceTelling({ command }),
    allowCommands,
    roots,
    searchPath: process.env['PATH'] ?? '',
  });
  return environment.run(runCommand, asked('command', options)) as Promise<void>;
}

test('a command gets the notice on its standard input, and the most of it in its environment alone', async () => {
  const out = join(await temporaryDirectory(), 'out');
  process.env['A_KEY_OF_THE_WORKER'] = 'secret';
  await run(['sh', '-c', 'cat > "$0"; env | sort >> "$0"', out]);
  const [first = '', ...variables] = (await readFile(out, 'utf8')).trimEnd().split('\n');
  expect(JSON.parse(first)).toEqual(notice);
  expect(variables).toContain('DURABLE_BACKUP_EVENT=failure');
  expect(variables).toContain('DURABLE_BACKUP_OUTCOME=incomplete');
  expect(variables).toContain('DURABLE_BACKUP_FAILED=1');
  expect(variables).toContain('DURABLE_BACKUP_ERROR=1 of 4 files');
  const others = variables.filter((line) => !/^(?:DURABLE_BACKUP_\w+|PATH|HOME|PWD|OLDPWD|SHLVL|_)=/u.test(line));
  expect(others).toEqual([]);
});

test('no shell reads the arguments', async () => {
  const directory = await temporaryDirectory();
  await run(['touch', join(directory, '$(touch pwned); *')]);
  await expect(readFile(join(directory, '$(touch pwned); *'))).resolves.toHaveLength(0);
});

test('one that reads nothing of its input is no failure', async () => {
  await expect(run(['true'])).resolves.toBeUndefined();
});

test('a command that ends with another code than 0 fails with the last of its output', async () => {
  const chatty = 'yes 0123456789 | head -c 100000; echo; echo the end; echo wrong >&2; exit 7';
  const failure = await run(['sh', '-c', chatty]).catch((error: unknown) => error as Error);
  expect(failure).toMatchObject({ type: 'NotificationFailed', nonRetryable: false });
  expect((failure as Error).message).toMatch(/^the command sh ended with code 7; the last it said: /u);
  expect((failure as Error).message).toMatch(/wrong/u);
  expect((failure as Error).message.length).toBeLessThan(1200);
});

test('one that takes too long is killed, with what it started', async () => {
  const pids = join(await temporaryDirectory(), 'pids');
  const failure = run(['sh', '-c', 'sleep 1000 & echo $! $$ > "$0"; wait', pids], {
    options: { commandTimeout: 1000 },
  });
  await expect(failure).rejects.toMatchObject({ message: 'the command sh took longer than 1 seconds' });
  for (const pid of (await readFile(pids, 'utf8')).trim().split(' ').map(Number)) {
    await expect.poll(() => isAlive(pid)).toBe(false);
  }
});

test('a daemon that it leaves behind with its output open holds up nothing', async () => {
  const pids = join(await temporaryDirectory(), 'pids');
  await run(['sh', '-c', 'sleep 1000 & echo $! > "$0"; exit 0', pids]);
  const pid = Number(await readFile(pids, 'utf8'));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid);
});

test('it is killed when the workflow is cancelled', async () => {
  const environment = new MockActivityEnvironment();
  const started = join(await temporaryDirectory(), 'started');
  const ended = run(['sh', '-c', 'echo $$ > "$0"; sleep 1000', started], { environment });
  ended.catch(() => undefined);
  await expect.poll(() => readFile(started, 'utf8').catch(() => '')).toMatch(/\d/u);
  environment.cancel();
  await expect(ended).rejects.toThrow('CANCELLED');
  const pid = Number(await readFile(started, 'utf8'));
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('a program that is not there, or may not be run, is named', async () => {
  await expect(run(['no-such-program'])).rejects.toMatchObject({
    type: 'NotificationFailed',
    message: 'the command no-such-program cannot be run (ENOENT)',
  });
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, 'no program', { mode: 0o644 });
  await expect(run([file])).rejects.toMatchObject({ message: `the command ${file} cannot be run (EACCES)` });
});

test.each([
  ['a path through a file', ['/dev/null/program', 's3cret'], 'ENOTDIR'],
  ['an argument with a null character', ['true', 's3cret\0'], 'ERR_INVALID_ARG_VALUE'],
  ['arguments that are too long', ['true', 's3cret'.repeat(1_000_000)], 'E2BIG'],
])('%s is a failure that cites no argument', async (_, command, code) => {
  await expect(run(command)).rejects.toMatchObject({
    type: 'NotificationFailed',
    message: `the command ${command[0]} cannot be run (${code})`,
  });
});

test('a worker that may run none leaves it to another, and says how it may', async () => {
  const marker = join(await temporaryDirectory(), 'marker');
  await expect(run(['touch', marker], { allowCommands: false })).rejects.toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringMatching(/ALLOW_COMMANDS=true/u) as string,
  });
  await expect(readFile(marker)).rejects.toThrow('ENOENT');
});

// One that ended and whose end nobody has taken note of is still known to the system.
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

test('nothing that a restore may write is run: no program, script or link on the way', async () => {
  const home = await temporaryDirectory();
  const root = join(home, 'root');
  await mkdir(root);
  const marker = join(home, 'marker');
  const program = join(root, 'hook');
  await writeFile(program, `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
  await symlink(program, join(home, 'leads-in'));
  await symlink('/bin/sh', join(root, 'shell'));
  await symlink(join(root, 'shell'), join(home, 'by-way-of'));
  await symlink(root, join(home, 'also-root'));
  const relative = posix.relative(process.cwd(), program);
  for (const command of [
    [program],
    [relative],
    [join(home, 'leads-in')],
    [join(home, 'by-way-of'), '-c', `touch '${marker}'`],
    [join(home, 'also-root', 'not-there-yet')],
    ['sh', program],
    ['sh', relative],
  ]) {
    const refused = await run(command, { roots: [root] }).catch((error: unknown) => error);
    expect([command, refused]).toMatchObject([command, { type: 'NotificationRefused', nonRetryable: true }]);
    expect((refused as Error).message).toContain(`lies in ${root} of BACKUP_ROOTS`);
  }
  await expect(readFile(marker)).rejects.toThrow('ENOENT');
  // A folder is no program, and what the worker's user wrote elsewhere is its own.
  await expect(run(['sh', '-c', 'true', root, join(root, 'none')], { roots: [root] })).resolves.toBeUndefined();
});
