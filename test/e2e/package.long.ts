import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servers, startProgram, rowsIn } from '../client/cli/command.ts';
import { findCli } from '../support/find-cli.ts';
import { writeTree } from '../support/tree.ts';

const execute = promisify(execFile);
const project = fileURLToPath(new URL('../..', import.meta.url));

// Everything here runs with the Node that runs the tests.
const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);

/** A folder where the package was installed, and nothing else. */
let folder: string;
/** What `npm pack` needs of the project, so that the project itself is left alone. */
let copy: string;
let tarball: string[];
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'durable-backup-package-')));
  copy = join(directory, 'project');
  folder = join(directory, 'clean');
  await copyProject();
  await execute(process.execPath, ['scripts/build.mjs'], { cwd: copy });
  const npm = { env: { ...process.env, PATH, npm_config_update_notifier: 'false' } };
  const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts'], { ...npm, cwd: copy });
  const { filename, paths } = packed(stdout);
  tarball = paths;
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await execute('npm', ['install', '--no-audit', '--no-fund', join(copy, filename)], { ...npm, cwd: folder });
  env = {
    PATH,
    HOME: folder,
    DATA_DIR: join(folder, 'data'),
    TEMPORAL_CLI_PATH: await findCli(),
    EMBEDDED_TEMPORAL_PORT: '0',
    EMBEDDED_UI_PORT: '0',
    EMBEDDED_BLOB_PORT: '0',
  };
}, 580_000);

afterAll(() => rm(dirname(folder), { recursive: true, force: true }));

async function copyProject(): Promise<void> {
  await mkdir(copy);
  const { files } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { files: string[] };
  const parts = ['package.json', 'README.md', 'LICENSE', 'src', 'scripts', 'tsconfig.json', 'tsconfig.build.json'];
  for (const part of [...parts, ...files.filter((file) => file !== 'dist')])
    await cp(join(project, part), join(copy, part), { recursive: true });
  await symlink(join(project, 'node_modules'), join(copy, 'node_modules'));
}

/** What `npm pack --json` says: an array, or since npm 12 an object, with the one package in it. */
function packed(stdout: string): { filename: string; paths: string[] } {
  const answer = JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>;
  const [found] = Object.values(answer);
  return { filename: found?.filename ?? '', paths: found?.files.map(({ path }) => path) ?? [] };
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const durableBackup = (...args: string[]) => run(join(folder, 'node_modules/.bin/durable-backup'), ...args);

test('the package holds what was built, its licence and its words, and no source and no test', () => {
  for (const path of ['LICENSE', 'README.md', 'bin/durable-backup.mjs', 'dist/workflows.bundle.js', 'dist/index.d.ts'])
    expect(tarball).toContain(path);
  expect(tarball.filter((path) => /^(?:src|test|bench)\/|\.tsx?$(?<!\.d\.ts)/u.test(path))).toEqual([]);
});

test('the package carries what its pages link to, but for files of the repository that are not in it', async () => {
  const pages = tarball.filter((path) => path.endsWith('.md'));
  expect(pages).toContain('docs/guide.md');
  for (const page of pages) {
    const links = [...(await readFile(join(project, page), 'utf8')).matchAll(/\]\((?!https?:|#)([^)#]+)/gu)];
    const targets = links.map(([, link = '']) => normalize(join(dirname(page), link)));
    const carried = (target: string) => tarball.some((path) => path === target || path.startsWith(`${target}/`));
    const lost = targets.filter((target) => !carried(target));
    expect(
      lost.filter((target) => page === 'README.md' || !/^(?:src|test)\//u.test(target)),
      page,
    ).toEqual([]);
  }
});

test('npx durable-backup answers where nothing but the package is installed', async () => {
  const { code, stdout } = await run('npx', '--no-install', 'durable-backup', '--help');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Usage: durable-backup') });
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { version: string };
  expect(await durableBackup('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  const installed = await readdir(join(folder, 'node_modules'));
  expect(installed).not.toContain('vitest');
  expect(installed).not.toContain('typescript');
});

test('a directory is backed up, listed and restored on servers that the command starts itself', async () => {
  const root = join(folder, 'site');
  await mkdir(root);
  await writeTree(root, { 'index.html': 500, 'assets/film': 9_000_000 });
  const backup = await durableBackup(root, '--json');
  expect(backup.code, backup.stderr).toBe(0);
  expect(JSON.parse(backup.stdout)).toMatchObject({ status: 'Completed', files: 2, complete: true });
  const runs = await durableBackup('runs', '--json');
  expect(rowsIn(runs.stdout)).toMatchObject([{ state: 'complete', root, files: 2 }]);
  const target = join(folder, 'restored');
  const restore = await durableBackup('restore', 'latest', '--target', target);
  expect(restore.code, restore.stderr).toBe(0);
  for (const file of ['index.html', 'assets/film'])
    expect((await readFile(join(target, file))).equals(await readFile(join(root, file)))).toBe(true);
});

test('several worker processes run from the package', async () => {
  const own = { PATH, TASK_QUEUE: randomUUID(), BACKUP_CONTAINER: `package-${randomUUID()}` };
  const settings = { ...servers(), ...own, DURABLE_BACKUP_WORKFLOW_BUNDLE: '' };
  const program = join(folder, 'node_modules/durable-backup/bin/durable-backup.mjs');
  const worker = startProgram(process.execPath, [program, 'worker', '--processes', '2'], { env: settings });
  await worker.until(/"processes":2,.*all worker processes are running/u);
  worker.child.kill('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

/** The programs that docs/library.md shows, by the name in their first line. */
async function writeExamples(): Promise<string[]> {
  const page = await readFile(join(project, 'docs/library.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```/gmsu)];
  for (const [, name = '', code = ''] of blocks) await writeFile(join(folder, name), code);
  return blocks.map(([, name = '']) => name);
}

test('the programs of docs/library.md compile against the package, back a directory up and report it', async () => {
  const names = await writeExamples();
  expect(names).toEqual(['worker.ts', 'start.ts', 'my-workflows.ts']);
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023'];
  const types = ['--typeRoots', join(project, 'node_modules/@types'), '--types', 'node'];
  expect(await run(process.execPath, tsc, ...options, ...types, ...names)).toMatchObject({ code: 0, stdout: '' });

  const root = join(folder, 'library');
  await mkdir(root);
  await writeTree(root, { 'index.html': 500, 'left.tmp': 10 });
  const own = { PATH, BACKUP_ROOTS: root, BACKUP_CONTAINER: `library-${randomUUID()}` };
  const where = { env: { ...servers(), ...own }, cwd: folder };
  const worker = startProgram(process.execPath, ['worker.ts'], where);
  await worker.until(/worker is running/u);
  const start = await startProgram(process.execPath, ['start.ts', root], where).ended;
  expect(start).toMatchObject({ code: 0, stdout: expect.stringMatching(/^run \S+ holds 1 files, 500 bytes\n$/u) });
  worker.child.kill('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

test('the file of the workflows has an address of its own', async () => {
  const address = `console.log(import.meta.resolve('durable-backup/workflows').endsWith('/workflows/index.js'))`;
  await writeFile(join(folder, 'address.mjs'), address);
  expect(await run(process.execPath, 'address.mjs')).toMatchObject({ code: 0, stdout: 'true\n' });
});
