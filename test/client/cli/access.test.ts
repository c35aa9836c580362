import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers } from './command.ts';

let env: NodeJS.ProcessEnv;
beforeEach(() => {
  env = { ...servers(), BACKUP_CONTAINER: `access-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

const id = '20261121T061003Z-c78e46f5';
const commands: readonly (readonly [string, ...string[]])[] = [
  ['backup', 'ROOT', '--worker'],
  ['restore', 'latest', '--worker'],
  ['prune', '--worker'],
  ['verify', 'latest', '--worker'],
  ['runs'],
  ['cat', id, 'a'],
  ['forget', id],
  ['stats'],
];

async function errorOf(args: readonly string[], over: NodeJS.ProcessEnv): Promise<string> {
  const root = await temporaryDirectory();
  await writeTree(root, { a: 1 });
  const { code, stdout, stderr } = await runCommand(
    args.map((arg) => (arg === 'ROOT' ? root : arg)),
    { env: { ...env, ...over } },
  );
  expect([code, stdout]).toEqual([1, '']);
  return stderr;
}

test.each(commands)('%s with a key that is refused says so, and where it is set', async (...args) => {
  const wrong = Buffer.from('another key than this account has').toString('base64');
  const right = env['AZURE_STORAGE_CONNECTION_STRING'] ?? '';
  const AZURE_STORAGE_CONNECTION_STRING = right.replace(/AccountKey=[^;]+/u, `AccountKey=${wrong}`);
  const said = await errorOf(args, { AZURE_STORAGE_CONNECTION_STRING });
  expect(said).toMatch(
    /^error: http\S+ refuses the account key \(.+: 403 \w+\): set AZURE_STORAGE_CONNECTION_STRING /u,
  );
  expect(said).not.toContain(wrong);
});

test.each(commands)('%s with an account to which nobody is signed in says how to sign in', async (...args) => {
  const said = await errorOf(args, {
    AZURE_STORAGE_CONNECTION_STRING: '',
    AZURE_STORAGE_ACCOUNT: 'nobodyhere',
    // The others would look for a network.
    AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
  });
  expect(said).toMatch(
    /^error: nobody is signed in to the storage account nobodyhere: run `az login`, .*managed identity/u,
  );
  expect(said).toContain('AZURE_CLIENT_SECRET');
  expect(said).toContain('AZURE_STORAGE_CONNECTION_STRING');
});
