import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findOnPath, runCommand } from '../../src/embedded/programs.ts';
import { identifyProcess } from '../../src/embedded/process-identity.ts';
import { script, temporaryDirectory } from './temporary.ts';

test('a command that runs out of time is killed, with what it started', async () => {
  const { code, output } = await runCommand('sh', ['-c', 'sleep 60 & echo $!; wait'], { timeout: 500 });
  expect(code).toBeNull();
  const [pid, why] = output.split(' ');
  expect(why).toBe('(killed');
  await vi.waitFor(async () => expect(await identifyProcess(Number(pid))).toBeUndefined());
});

test('how a command ended comes with what it wrote, and why it could not be started', async () => {
  const ran = await runCommand('sh', ['-c', 'echo out; echo err >&2; exit 3'], { timeout: 10_000 });
  expect(ran.code).toBe(3);
  expect(ran.output.split('\n').toSorted()).toEqual(['err', 'out']);
  expect(await runCommand('/nowhere/to/be/found', [], { timeout: 10_000 })).toEqual({
    code: null,
    output: expect.stringContaining('ENOENT'),
  });
});

test('a program is found on PATH or at its own path, and never in the working directory', async () => {
  const directory = await temporaryDirectory();
  const program = await script(directory, 'own', 'exit 0');
  expect(await findOnPath('own', ['/nowhere', directory].join(delimiter))).toBe(program);
  expect(await findOnPath(program)).toBe(program);
  expect(await findOnPath(join(directory, 'absent'))).toBeUndefined();
  const module = new URL('../../src/embedded/programs.ts', import.meta.url).href;
  const asked = `import { findOnPath } from '${module}'; console.log(await findOnPath('own', ''), await findOnPath('own', ':'))`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', asked], { cwd: directory });
  expect(String(answer).trim()).toBe('undefined undefined');
});
