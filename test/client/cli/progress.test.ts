import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createBlobProxy, type SeenRequest } from '../../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers, startAtTerminal } from './command.ts';

const MiB = 1024 * 1024;
const isBlock = ({ method, query }: SeenRequest) => method === 'PUT' && query.get('comp') === 'block';
const isRead = ({ method, path, query }: SeenRequest) =>
  method === 'GET' && path.endsWith('/big') && !query.has('comp');

const backup = { shell: '"$NODE" src/main.ts "$ROOT" --worker', isPart: isBlock, shown: '33% | 8.0 of 24.0 MiB | ' };
const verify = '"$NODE" src/main.ts verify latest --source "$ROOT" --deep --worker';
const restore = '"$NODE" src/main.ts restore latest --source "$ROOT" --target "$ROOT-restored" --worker';

test.each([
  ['a backup', backup],
  ['verify --deep', { shell: verify, isPart: isRead, shown: '33% | 8.0 of 24.0 MiB | ' }],
  ['a restore', { shell: restore, isPart: isRead, shown: '16% | 4.0 of 24.0 MiB | ' }],
])('of %s a large file counts part by part, and the share is that of bytes', async (_, { shell, isPart, shown }) => {
  const root = join(await temporaryDirectory(), 'site');
  // The others are empty: by files nearly all would be done.
  await writeTree(root, { big: 24 * MiB, a: 0, b: 0, c: 0 });
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const own = { BACKUP_CONTAINER: `progress-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  const direct = { env: { ...servers(), ...own } };
  const first = isPart === isRead ? await runCommand([root, '--worker', '--quiet'], direct) : undefined;
  expect(first?.code ?? 0).toBe(0);
  let parts = 0;
  proxy.rule((request) => {
    if (isPart(request)) parts += 1;
    return isPart(request) && parts > 1 ? new Promise(() => undefined) : undefined;
  });
  const command = startAtTerminal(shell, root, { ...servers(proxy.connectionString), ...own });
  const pattern = `${shown.replaceAll('|', String.raw`\|`)}.*[0-3] of 4 files`;
  await command.until(new RegExp(pattern, 'u'));
});
