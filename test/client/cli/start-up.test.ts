import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/tree.ts';
import { closedAddress, startCommand, startProgram } from './command.ts';

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

// Prints, as the last line on standard error, the packages of which a process has loaded a module.
const watcher = `
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
const packages = new Set();
registerHooks({ load: (url, context, next) => {
  const [, name] = /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) packages.add(name);
  return next(url, context);
} });
process.on('exit', () => writeSync(2, '\\n' + JSON.stringify([...packages].sort())));`;

async function packagesOf(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const watched = ['--import', `data:text/javascript,${encodeURIComponent(watcher)}`, program, ...args];
  const { stderr } = await startProgram(process.execPath, watched, { env: { DATA_DIR: '/dev/null/none', ...env } })
    .ended;
  return JSON.parse(stderr.split('\n').at(-1) ?? '') as string[];
}

test.each([['--help'], ['restore', '--help'], ['bakcup', 'site']])(
  '%s %s loads what reads the command line, and no SDK',
  async (...args) => expect(await packagesOf(args)).toEqual(['commander', 'zod']),
);

test('a command that reads storage loads the storage SDK alone, without what signs in where there is a key', async () => {
  const connection = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://${closedAddress}/a;`;
  const loaded = await packagesOf(['runs'], { AZURE_STORAGE_CONNECTION_STRING: connection });
  expect(loaded).toContain('@azure/storage-blob');
  expect(loaded.filter((name) => /^@temporalio|^@azure\/(?:identity|msal)|grpc|^express|^azurite/u.test(name))).toEqual(
    [],
  );
});

test('compiled modules are kept with what else is cached, and where that cannot be, all goes on without', async () => {
  const cache = await temporaryDirectory();
  for (const XDG_CACHE_HOME of [cache, '/dev/null/none'])
    expect(
      await startCommand(['--version'], { env: { XDG_CACHE_HOME, NODE_COMPILE_CACHE: undefined } }).ended,
    ).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(join(cache, 'durable-backup'))).toEqual(['modules']);
});
