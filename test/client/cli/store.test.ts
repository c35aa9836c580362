import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { embeddedServers, runCommand, type CommandOptions } from './command.ts';

/** Runs commands as a user whose home is `home` and who has set no `DATA_DIR`. */
async function userOf(home: string, settings: NodeJS.ProcessEnv = {}) {
  const env = { ...(await embeddedServers(home)), ...settings };
  return (args: readonly string[], options: CommandOptions = {}) => runCommand(args, { env, ...options });
}

/** The roots of the runs that `runs --json` printed, a line each. */
function rootsOf(stdout: string): string[] {
  return [...stdout.matchAll(/.+/gu)].map(([line]) => (JSON.parse(line) as { root: string }).root);
}

test('a user has one store, whatever the working directory, and the report names it', async () => {
  const [home, a, b, root] = [
    await temporaryDirectory(),
    await temporaryDirectory(),
    await temporaryDirectory(),
    await temporaryDirectory(),
  ];
  await writeTree(root, { file: 3 });
  const run = await userOf(home);
  const store = join(home, '.local/share/durable-backup');
  const backup = await run(['backup', root], { cwd: a });
  expect(backup.stdout).toMatch(new RegExp(`^ +blobs +${store}$`, 'mu'));
  expect(backup.code).toBe(0);
  const runs = await run(['runs', '--json'], { cwd: b });
  expect(rootsOf(runs.stdout)).toEqual([root]);
  expect([await readdir(a), await readdir(b)]).toEqual([[], []]);

  // What an earlier version kept where it was started goes on to be used there.
  await rename(store, join(a, '.data'));
  const there = await run(['runs', '--json'], { cwd: a });
  expect(rootsOf(there.stdout)).toEqual([root]);
  expect(there.stderr).toContain(`an earlier version kept in ${a}/.data; moved to ${store} it is the one store`);
  const elsewhere = await run(['runs'], { cwd: b });
  expect(elsewhere).toEqual({ code: 0, stdout: `No runs in ${store}\n`, stderr: '' });
});

test('commands that only read make nothing and start nothing, and say where they looked', async () => {
  const home = await temporaryDirectory();
  const cwd = await temporaryDirectory();
  await writeTree(cwd, { file: 3 });
  const run = await userOf(home, { TEMPORAL_CLI_PATH: '/nowhere/temporal' });
  const store = join(home, '.local/share/durable-backup');
  const answers: readonly (readonly [string, number, string])[] = [
    ['runs', 0, `No runs in ${store}`],
    ['runs --json', 0, ''],
    ['status', 0, `no runs in ${store}`],
    ['status --json', 0, ''],
    ['stats', 0, ''],
    ['schedule list', 0, 'No schedules'],
    ['prune-messages', 0, 'Deleted 0 large messages'],
    ['backup --dry-run .', 0, 'file'],
    ['find **', 1, `Nothing was backed up to ${store} yet`],
    ['ls latest', 1, `Nothing was backed up to ${store} yet`],
    ['restore latest', 1, `Nothing was backed up to ${store} yet`],
    ['verify latest', 1, `Nothing was backed up to ${store} yet`],
    ['retry latest', 1, `Nothing was backed up to ${store} yet`],
    ['schedule next site', 1, 'There is no schedule for a source "site"'],
    ['inventory stock LAMP', 1, 'LAMP'],
  ];
  for (const [command, code, text] of answers) {
    const ended = await run(command.split(' '), { cwd });
    expect([command, ended.code, `${ended.stdout}${ended.stderr}`]).toEqual([
      command,
      code,
      expect.stringContaining(text),
    ]);
  }
  expect([await readdir(home), await readdir(cwd)]).toEqual([[], ['file']]);
});

test('the store is never part of a backup: run after run of a home with one small file stays at one file', async () => {
  const home = await temporaryDirectory();
  await writeTree(home, { file: 3 });
  const run = await userOf(home);
  for (let number = 1; number <= 5; number += 1) {
    const { code, stdout } = await run(['.', '--json'], { cwd: home });
    expect(code).toBe(0);
    const outcome = number === 1 ? 'uploaded' : 'unchanged';
    expect(JSON.parse(stdout)).toMatchObject({ files: 1, bytes: 3, [outcome]: 1, excluded: 1 });
  }
  expect((await run(['.', '--dry-run'], { cwd: home })).stdout).toMatch(
    /^exclude +- {2}\.local\/share\/durable-backup\/\*: the data of the embedded servers, which hold the backups$/mu,
  );
  const store = join(home, '.local/share/durable-backup');
  const refused = await run([join(store, 'azurite')], { cwd: home });
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('set DATA_DIR to one apart') });
});

test('a relative XDG_DATA_HOME counts as none, as its specification says', async () => {
  const home = await temporaryDirectory();
  const named = await temporaryDirectory();
  const cwd = await temporaryDirectory();
  await mkdir(join(cwd, 'data'));
  for (const [value, place] of [
    ['data', join(home, '.local/share')],
    [named, named],
  ] as const) {
    const run = await userOf(home, { XDG_DATA_HOME: value });
    expect((await run(['runs'], { cwd })).stdout).toBe(`No runs in ${place}/durable-backup\n`);
  }
});
