import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/tree.ts';
import { closedAddress, runCommand } from './command.ts';

const run = (...args: string[]) => runCommand(args, { env: { TEMPORAL_ADDRESS: closedAddress } });

/** The headings of a help text, each with the first words of the lines below it. */
function sections(help: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let words: string[] = [];
  for (const line of help.split('\n')) {
    if (/^[A-Z].*:$/u.test(line)) found.set(line, (words = []));
    const [, word] = /^ {2}(\S+)/u.exec(line) ?? [];
    if (word !== undefined) words.push(word);
  }
  return found;
}

test('--help shows every command below its heading, on one screen, whatever the environment', async () => {
  const { code, stdout, stderr } = await runCommand(['--help'], { env: { PORT: 'x' }, ownProcess: true });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const shown = sections(stdout);
  expect(shown.get('Back up and restore:')).toEqual(expect.arrayContaining(['backup', 'retry', 'restore', 'verify']));
  expect(shown.get('Look into backups:')).toEqual(
    expect.arrayContaining(['runs', 'ledger', 'ls', 'find', 'diff', 'cat']),
  );
  expect(shown.get('Serve:')).toEqual(expect.arrayContaining(['worker', 'api', 'dev']));
  expect(shown.has('Commands:')).toBe(false);
  expect(stdout.split('\n').length).toBeLessThanOrEqual(64);
  expect(stdout).toContain('0 done, 1 error, 3 incomplete');
});

test('every command has help of its own, with --json or --quiet, and an example that names the program', async () => {
  const { stdout } = await run('--help');
  const commands = [...sections(stdout)].flatMap(([heading, words]) =>
    /^(?:Options|Examples):$/u.test(heading) ? [] : words.filter((word) => word !== 'help'),
  );
  expect(commands.length).toBeGreaterThan(12);
  for (const command of commands) {
    const help = await run(command, '--help');
    expect(help, command).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout, command).toContain(`durable-backup ${command}`);
    expect(help.stdout, command).not.toContain('npm run');
  }
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await runCommand(['--version'], { ownProcess: true })).toEqual({
    code: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
});

test.each([
  [['verifi', 'latest', '--deep'], 'There is no command verifi: did you mean verify?'],
  [['ledgr', 'a', 'b'], 'There is no command ledgr: did you mean ledger?'],
  [['verify', 'latest', '--smaple', '5%'], '(Did you mean --sample?)'],
  [['inventory', 'stok', 'LAMP'], '(Did you mean stock?)'],
  [['--limit-upload', '1MiB', 'restore', 'latest'], 'The options of restore stand after its name'],
  [['--limit-upload', '1MiB', 'verify', 'latest'], 'The options of verify stand after its name'],
])('%j is refused with what was meant, in text and in JSON', async (args, meant) => {
  const plain = await run(...args);
  const json = await run(...args, '--json');
  expect(plain).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(meant) });
  expect(plain.stderr).toMatch(/^error: .*\n(?:.*\n)?See `durable-backup .*--help`\.\n$/u);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toEqual({ status: 'Failed', error: expect.stringContaining(meant) });
});

test('a misspelt command is answered by what was meant alone, and no command by all that there are', async () => {
  const [misspelt, bare, help] = await Promise.all([run('bakcup', 'site'), run(), run('--help')]);
  expect(misspelt).toEqual({
    code: 1,
    stdout: '',
    stderr: 'error: There is no command bakcup: did you mean backup?\nSee `durable-backup --help`.\n',
  });
  expect(bare).toEqual(help);
});

test('a word that is no directory may have been meant as a command', async () => {
  const root = await temporaryDirectory();
  const asked = (word: string) => runCommand([word], { env: { DATA_DIR: root } });
  const near = await asked('runz');
  const far = await asked('everything');
  expect(near.stderr).toMatch(/runz does not exist.*There is no command runz either: did you mean runs\?/u);
  expect(far.stderr).toMatch(/everything does not exist.*or a command that `durable-backup --help` lists/u);
  expect([near.code, far.code]).toEqual([1, 1]);
});

test('a directory is backed up with and without the name of the command', async () => {
  const gone = join(await temporaryDirectory(), 'gone');
  const env = { DATA_DIR: gone };
  for (const args of [[gone], ['backup', gone], ['--quiet', gone], ['--checksum', gone]])
    expect((await runCommand(args, { env })).stderr).toContain(`${gone} does not exist`);
});
