import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/tree.ts';
import { runCommand } from './command.ts';

const execute = promisify(execFile);

const scriptFor = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

let bash: Promise<string> | undefined;
const bashScript = () => (bash ??= scriptFor('bash'));

/** What bash offers for the last of the words, in the script's own order. */
async function offered(...words: string[]): Promise<string[]> {
  const file = join(await temporaryDirectory(), 'completion.bash');
  await writeFile(file, await bashScript());
  const ask = `set -u; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _durable_backup; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execute('bash', ['--norc', '-c', ask, 'bash', file, 'durable-backup', ...words]);
  return stdout.split('\n').filter((line) => line !== '');
}

test.each([
  [['rest'], ['restore']],
  [['--json', 'runs'], ['runs']],
  [['restore', 'latest', '--overw'], ['--overwrite']],
  [
    ['restore', 'latest', '--overwrite', ''],
    ['never', 'if-changed', 'always'],
  ],
  [['inventory', 'st'], ['stock']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
])('bash completes %j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expected);
});

test.each([[['/srv/si']], [['restore', 'latest', '--target', '']], [['backup', '']]])(
  'bash is left to complete %j as files',
  async (words) => {
    expect(await offered(...words)).toEqual([]);
    expect(await bashScript()).toContain('complete -o default ');
  },
);

test('what stands on the line is never run', async () => {
  const canary = join(await temporaryDirectory(), 'canary');
  await offered(`$(touch ${canary})`, '');
  await offered('restore', `$(touch ${canary})`);
  await expect(execute('ls', [canary])).rejects.toThrow('No such file');
});

test.each(['zsh', 'fish'])('%s gets every command and option with its description', async (shell) => {
  const text = await scriptFor(shell);
  for (const word of ['restore', 'brings back what a run holds', 'overwrite', 'if-changed', 'stock', 'never'])
    expect(text).toContain(word);
  expect(text).not.toContain('undefined');
});

test('an unknown shell is refused with those that are known', async () => {
  const { code, stderr } = await runCommand(['completion', 'tcsh']);
  expect(code).toBe(1);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});
