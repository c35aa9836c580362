import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createBlobProxy } from '../../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { closedAddress, runCommand, servers, startCommand } from './command.ts';

const rule =
  'bytes per second from 1KiB to 1024GiB, as a number or with the unit K, M or G (of 1024): 10MiB, 500KiB, 1.5M';

test.each(['512', '10MB', 'fast', ''])('--limit-upload %j is refused with what it must be', async (rate) => {
  const root = await temporaryDirectory();
  const { code, stderr } = await runCommand([root, '--limit-upload', rate]);
  expect(code).toBe(1);
  expect(stderr).toContain(`option '--limit-upload <rate>' argument '${rate}' is invalid. It must be ${rule}`);
});

test('UPLOAD_LIMIT is refused in the same words', async () => {
  const { code, stderr } = await runCommand(['worker'], { env: { UPLOAD_LIMIT: '10MB' } });
  expect(code).toBe(1);
  expect(stderr).toContain(`UPLOAD_LIMIT: must be ${rule}`);
});

test.each([
  ['a backup', ['.', '--limit-upload', '1M']],
  ['a retry', ['retry', 'latest', '--limit-upload', '1M']],
])('where others send the files, the limit of %s is an error that says where to set it', async (_, args) => {
  const { code, stderr } = await runCommand(args, { env: { TEMPORAL_ADDRESS: closedAddress } });
  expect(code).toBe(1);
  expect(stderr).toContain('set UPLOAD_LIMIT where they run, or add --worker');
});

test.each([
  ['--limit-upload', ['--limit-upload', '1KiB'], {}],
  ['UPLOAD_LIMIT', [], { UPLOAD_LIMIT: '1KiB' }],
  ['--limit-upload in the place of UPLOAD_LIMIT', ['--limit-upload', '1KiB'], { UPLOAD_LIMIT: '100GiB' }],
])('with %s the second file waits for the first, and Ctrl-C does not wait', async (_, args, env) => {
  const root = await temporaryDirectory();
  await writeTree(root, { a: 2_000_000, b: 2_000_000 });
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const settings = {
    ...servers(proxy.connectionString),
    TASK_QUEUE: randomUUID(),
    BACKUP_CONTAINER: `limit-${randomUUID()}`,
  };
  const command = startCommand([root, '--worker', ...args], { env: { ...settings, ...env } });
  const written = () => proxy.requests.filter(({ method, bytes }) => method === 'PUT' && bytes === 2_000_000);
  while (written().length === 0) await sleep(20);
  // More than enough for the other: they are copied side by side.
  await sleep(1000);
  expect(written()).toHaveLength(1);
  command.child.kill('SIGINT');
  expect((await command.ended).code).toBe(130);
  expect(written()).toHaveLength(1);
});
