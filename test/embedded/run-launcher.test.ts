import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { script, temporaryDirectory } from './temporary.ts';

const lockfile = JSON.stringify({
  lockfileVersion: 3,
  packages: { '': { name: 'tiny' }, 'node_modules/tool': { version: '1.0.0', integrity: 'sha512-a' } },
});

/** A clone of a tiny project, with an npm that writes down how it was called and installs the one dependency. */
async function tinyProject(...npmLines: string[]): Promise<string> {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'scripts'));
  await mkdir(join(root, 'bin'));
  await copyFile(fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url)), join(root, 'scripts', 'run.mjs'));
  await writeFile(join(root, 'package.json'), '{ "name": "tiny", "type": "module" }');
  await writeFile(join(root, 'package-lock.json'), lockfile);
  await writeFile(
    join(root, 'entry.ts'),
    'const greeting: string = "hello";\nconsole.log(greeting, ...process.argv.slice(2));\n',
  );
  const installs = ['mkdir -p node_modules/tool', 'cp package-lock.json node_modules/.package-lock.json'];
  const tool = `echo '{ "bin": { "tool": "./tool.mjs" } }' > node_modules/tool/package.json; echo 'console.log("tool")' > node_modules/tool/tool.mjs`;
  await script(join(root, 'bin'), 'npm', 'echo "$@" >> calls', 'echo noise', ...npmLines, ...installs, tool);
  return root;
}

function launch(root: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args], {
    cwd: root,
    env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function result(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

async function installs(root: string): Promise<string[]> {
  return (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
}

test('installs on a fresh clone, once, and leaves standard output to the entry', async () => {
  const root = await tinyProject();
  const first = await result(launch(root, 'entry.ts', '--json', 'a b'));
  expect(first).toMatchObject({ code: 0, stdout: 'hello --json a b\n' });
  expect(first.stderr).toContain('npm ci');
  expect(first.stderr).toContain('noise');

  expect(await result(launch(root, 'entry.ts'))).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  expect(await installs(root)).toEqual(['ci --no-audit --no-fund --loglevel=error']);
});

test('installs again when package-lock.json asks for something else or an install was left half done', async () => {
  const root = await tinyProject();
  await result(launch(root, 'entry.ts'));
  await writeFile(join(root, 'package-lock.json'), lockfile.replace('1.0.0', '1.0.1'));
  await result(launch(root, 'entry.ts'));
  expect(await installs(root)).toHaveLength(2);
  await rm(join(root, 'node_modules', '.package-lock.json'));
  await result(launch(root, 'entry.ts'));
  expect(await installs(root)).toHaveLength(3);
});

test('two launchers at once install once', async () => {
  const root = await tinyProject('sleep 1');
  const both = await Promise.all([result(launch(root, 'entry.ts')), result(launch(root, 'entry.ts'))]);
  expect(both.map(({ code, stdout }) => [code, stdout])).toEqual([
    [0, 'hello\n'],
    [0, 'hello\n'],
  ]);
  expect(await installs(root)).toHaveLength(1);
  expect(await readdir(join(root, '.data'))).toEqual([]);
});

test('the lock of a launcher that was killed does not hold up the next', async () => {
  const root = await tinyProject();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(dead, 'exit');
  await mkdir(join(root, '.data'));
  await writeFile(join(root, '.data', 'install.lock'), String(dead.pid));
  expect(await result(launch(root, 'entry.ts'))).toMatchObject({ code: 0, stdout: 'hello\n' });
});

test('a failed install is said with its exit code, and nothing runs', async () => {
  const root = await tinyProject('exit 7');
  const { code, stdout, stderr } = await result(launch(root, 'entry.ts'));
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('npm ci failed with exit code 7');
});

test("runs a package's own program by the package's name", async () => {
  const root = await tinyProject();
  expect(await result(launch(root, 'tool'))).toMatchObject({ code: 0, stdout: 'tool\n' });
  const absent = await result(launch(root, 'absent'));
  expect(absent).toMatchObject({ code: 1, stdout: '' });
  expect(absent.stderr).toContain('absent is neither a path nor an installed package');
});

test("exits with the entry's code, and with 128 + n when signal n ended it", async () => {
  const root = await tinyProject();
  await writeFile(join(root, 'three.ts'), 'process.exitCode = 3;\n');
  await writeFile(join(root, 'killed.ts'), "process.kill(process.pid, 'SIGKILL');\nsetInterval(() => {}, 1000);\n");
  expect(await result(launch(root, 'three.ts'))).toMatchObject({ code: 3 });
  expect(await result(launch(root, 'killed.ts'))).toMatchObject({ code: 137 });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('hands %s on to the entry and waits for it', async (signal) => {
  const root = await tinyProject();
  const waits = `setInterval(() => {}, 1000);\nprocess.once('${signal}', () => { console.log('bye'); process.exit(5); });\n`;
  await writeFile(join(root, 'waits.ts'), `${waits}console.log('ready');\n`);
  const child = launch(root, 'waits.ts');
  child.stdout?.once('data', () => child.kill(signal));
  expect(await result(child)).toMatchObject({ code: 5, stdout: 'ready\nbye\n' });
});
