import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { findCli } from '../../support/find-cli.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { asOrdinaryUser, runCommand, startProgram } from './command.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const backup = [process.execPath, join(project, 'src/main.ts')];

/** The embedded stack's settings, its data below a folder that is a file system of its own. */
async function settingsAt(folder: string): Promise<NodeJS.ProcessEnv> {
  return {
    DATA_DIR: join(folder, 'data'),
    EMBEDDED_TEMPORAL_PORT: '0',
    EMBEDDED_UI_PORT: '0',
    EMBEDDED_BLOB_PORT: '0',
    TEMPORAL_CLI_PATH: await findCli(),
  };
}

/** Runs a command while `folder` is another file system, which nobody else sees. */
function runMounted(folder: string, options: string, command: readonly string[], env: NodeJS.ProcessEnv) {
  const script = 'mount -t tmpfs -o "$1" none "$0" || exit 99; shift; exec "$@"';
  const apart = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, folder, options];
  return startProgram('unshare', [...apart, ...command], { env }).ended;
}

test('a data directory without space is told at once, and nothing is left running', async () => {
  const folder = await temporaryDirectory();
  const root = await temporaryDirectory();
  await writeTree(root, { a: 1 });
  const { code, stderr } = await runMounted(folder, 'size=4m', [...backup, root], await settingsAt(folder));
  expect(stderr).toMatch(
    /^error: .*\/data has 4 MiB of free space left, .* need 16 MiB to begin: free space .*DATA_DIR/u,
  );
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
  expect(spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout).not.toContain(`${folder}/data`);
});

test('a data directory on a read-only file system is told to be that', async () => {
  const folder = await temporaryDirectory();
  const root = await temporaryDirectory();
  const { code, stderr } = await runMounted(folder, 'ro', [...backup, root], await settingsAt(folder));
  expect(stderr).toMatch(
    /^error: .*\/data cannot be written \(EROFS\): its file system is mounted read-only; set DATA_DIR/u,
  );
  expect(code).toBe(1);
});

test('a data directory below one that is missing on a read-only file system is told to be there, too', async () => {
  const folder = await temporaryDirectory();
  const settings = { ...(await settingsAt(folder)), DATA_DIR: join(folder, 'missing', 'data') };
  const { code, stderr } = await runMounted(folder, 'ro', [...backup, await temporaryDirectory()], settings);
  expect(stderr).toMatch(/^error: .*\/missing cannot be written \(EROFS\): its file system is mounted read-only/u);
  expect(code).toBe(1);
});

test('a data directory that fills up in the middle of a backup ends it, with what to do, and nothing is left running', async () => {
  const folder = await temporaryDirectory();
  const root = await temporaryDirectory();
  await writeFile(join(root, 'large'), randomBytes(30 * 1024 * 1024));
  const settings = await settingsAt(folder);
  const { code, stderr } = await runMounted(folder, 'size=24m', [...backup, '--quiet', root], settings);
  expect(stderr).toMatch(
    /^error: .*\/data has \d MiB of free space left, .* need 8 MiB to go on: free space there and run this again, or set DATA_DIR/u,
  );
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
  expect(spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout).not.toContain(`${folder}/data`);
});

test.each([
  ['the directory', []],
  ['one above it', ['data']],
])('a file in the place of %s is named as what is in the way, also to those who only read', async (_, below) => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  const settings = { ...(await settingsAt(file)), DATA_DIR: join(file, ...below) };
  for (const args of [['backup', await temporaryDirectory()], ['runs'], ['status']]) {
    const { code, stdout, stderr } = await runCommand(args, { env: settings });
    expect(stderr).toMatch(
      /^error: .*\/file.* cannot be written \(E(?:NOTDIR|EXIST)\): what is no directory is in the way/u,
    );
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
  }
});

test('a data directory of somebody else is named, also to those who only read', async () => {
  const folder = await temporaryDirectory();
  const root = await temporaryDirectory();
  await mkdir(join(folder, 'data'));
  for (const path of [folder, root]) await chmod(path, 0o755);
  await chmod(join(folder, 'data'), 0);
  const settings = await settingsAt(folder);
  for (const args of [['backup', root], ['runs'], ['status']]) {
    const { code, stdout, stderr } = await runCommand(args, asOrdinaryUser(settings));
    expect(stderr).toMatch(/^error: .*\/data.* cannot be written \(EACCES\): set DATA_DIR to a directory of your own/u);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
  }
});

test('a process that may not have enough files open says so instead of ending in the middle of a run', async () => {
  const root = await temporaryDirectory();
  const data = join(await temporaryDirectory(), 'not-made');
  for (const [args, env] of [
    [[root], { ...(await settingsAt(data)) }],
    [
      ['worker'],
      { TEMPORAL_ADDRESS: inject('temporalAddress'), AZURE_STORAGE_CONNECTION_STRING: inject('connectionString') },
    ],
  ] as const) {
    const command = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, join(project, 'src/main.ts')];
    const { code, stderr } = await startProgram('sh', [...command, ...args], { env }).ended;
    expect(stderr).toMatch(
      /^error: This process may have 64 files open at once .* needs 1024: raise .*`ulimit -n 1024`/u,
    );
    expect(code).toBe(1);
  }
  await expect(mkdir(data)).resolves.toBeUndefined();
});
