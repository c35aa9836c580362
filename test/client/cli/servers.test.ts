import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { findCli } from '../../support/find-cli.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { closedAddress, servers, startCommand, type RunningCommand } from './command.ts';

let env: NodeJS.ProcessEnv;
beforeEach(() => {
  env = { ...servers(), BACKUP_CONTAINER: `main-${randomUUID()}`, TASK_QUEUE: randomUUID(), PORT: '0' };
});

async function urlOf(command: RunningCommand): Promise<string> {
  const [, url = ''] = await command.until(/"url":"([^"]+)".*listening/u);
  return url;
}

function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function followToEnd(url: string, root: string): Promise<unknown> {
  const start = `${url}/orchestrators/E2_BackupSiteContent`;
  const headers = { 'Content-Type': 'application/json' };
  const started = await fetch(start, { method: 'POST', headers, body: JSON.stringify(root) });
  expect(started.status).toBe(202);
  for (;;) {
    const response = await fetch(started.headers.get('location') ?? '');
    if (response.status === 200) return response.json();
    expect(response.status).toBe(202);
    await sleep(100);
  }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'the API serves until %s, which may come twice, and exits 0',
  async (signal) => {
    const command = startCommand(['api'], { env });
    const url = await urlOf(command);
    expect((await fetch(`${url}/runtime/webhooks/durabletask/instances/none`)).status).toBe(404);
    command.child.kill(signal);
    command.child.kill(signal);
    expect(await command.ended).toMatchObject({ code: 0, stdout: '' });
    expect(await listens(url)).toBe(false);
  },
);

test('a signal that comes again while a process is leaving changes nothing', async () => {
  const command = startCommand(['api'], { env });
  await urlOf(command);
  const ended = command.ended.then(() => true);
  // A later one would mean that it shall leave at once.
  for (const until = performance.now() + 400; performance.now() < until;) {
    command.child.kill('SIGTERM');
    if (await Promise.race([ended, sleep(1, false)])) break;
  }
  expect(await command.ended).toMatchObject({ code: 0, stdout: '' });
});

test('a caller that keeps its connection open does not keep the API from ending', async () => {
  const command = startCommand(['api'], { env });
  const { port } = new URL(await urlOf(command));
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST /orchestrators/E2_BackupSiteContent HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n');
  await sleep(200);
  command.child.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
});

test('the API says when its port is taken', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void holder.close());
  await once(holder, 'listening');
  const port = String((holder.address() as AddressInfo).port);
  const { code, stderr } = await startCommand(['api'], { env: { ...env, PORT: port } }).ended;
  expect(code).toBe(1);
  expect(stderr).toBe(`error: Cannot listen on 127.0.0.1:${port} (EADDRINUSE): set PORT to a free one\n`);
});

test('the API refuses to be open to other machines without a key, and not with one', async () => {
  const open = { ...env, HOST: '0.0.0.0' };
  const { code, stderr } = await startCommand(['api'], { env: open }).ended;
  expect(code).toBe(1);
  expect(stderr).toContain('set API_KEY');
  const keyed = startCommand(['api'], { env: { ...open, API_KEY: 'k3y-of-4711-0815' } });
  const { port } = new URL(await urlOf(keyed));
  const url = `http://127.0.0.1:${port}/runtime/webhooks/durabletask/instances/none`;
  expect((await fetch(url)).status).toBe(401);
  expect(keyed.stderr()).not.toContain('k3y-of-4711-0815');
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a worker runs until %s, which may come twice, and exits 0',
  async (signal) => {
    const command = startCommand(['worker'], { env });
    await command.until(/worker is running/u);
    command.child.kill(signal);
    command.child.kill(signal);
    expect(await command.ended).toMatchObject({ code: 0, stdout: '' });
  },
);

test.each(['api', 'worker'])('%s says when Temporal is not there', async (command) => {
  const { code, stderr } = await startCommand([command], { env: { ...env, TEMPORAL_ADDRESS: closedAddress } }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: Temporal does not answer at 127\.0\.0\.1:1: [^\n]+\n$/u);
});

test('a worker of a silent Temporal gives up', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { code, stderr } = await startCommand(['worker'], { env: { ...env, TEMPORAL_ADDRESS: address } }).ended;
  expect(code).toBe(1);
  expect(stderr).toContain(address);
});

test('a worker without a storage account names the variables', async () => {
  const { code, stderr } = await startCommand(['worker'], { env: { ...env, AZURE_STORAGE_CONNECTION_STRING: '' } })
    .ended;
  expect(code).toBe(1);
  expect(stderr).toContain('set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT');
});

test('api and worker together serve the two calls, and an empty variable means unset to them', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'a.txt': 42 });
  const settings = { ...env, BACKUP_ROOTS: root, TEMPORAL_NAMESPACE: '', TEMPORAL_TLS_SERVER_NAME: '', API_KEY: '' };
  const worker = startCommand(['worker'], { env: settings });
  const api = startCommand(['api'], { env: settings });
  expect(await followToEnd(await urlOf(api), root)).toMatchObject({ runtimeStatus: 'Completed', output: 42 });
  expect(worker.stderr()).toContain(root);
});

/** Settings of an embedded stack of a test's own. */
async function embedded(): Promise<NodeJS.ProcessEnv> {
  return {
    DATA_DIR: join(await temporaryDirectory(), 'data'),
    EMBEDDED_TEMPORAL_PORT: '0',
    EMBEDDED_UI_PORT: '0',
    EMBEDDED_BLOB_PORT: '0',
    PORT: '0',
    TEMPORAL_CLI_PATH: await findCli(),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: env['DURABLE_BACKUP_WORKFLOW_BUNDLE'],
  };
}

test('dev serves everything by itself until Ctrl-C, and leaves nothing running', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'a.txt': 42 });
  // A profile meant for another server must not reach the embedded one.
  const settings = { ...(await embedded()), BACKUP_ROOTS: root, TEMPORAL_NAMESPACE: 'elsewhere', TEMPORAL_TLS: 'true' };
  const dev = startCommand(['dev'], { env: settings });
  await dev.until(/Ctrl-C stops everything/u);
  const urls = dev.stdout().match(/http:\/\/\S+/gu) ?? [];
  expect(urls).toHaveLength(3);
  const [api = '', webUi = ''] = urls;
  expect((await fetch(webUi)).status).toBe(200);
  expect(await followToEnd(api, root)).toMatchObject({ runtimeStatus: 'Completed', output: 42 });
  expect(await followToEnd(api, join(root, 'gone'))).toMatchObject({ runtimeStatus: 'Failed' });

  dev.child.kill('SIGINT');
  dev.child.kill('SIGINT');
  const { code, stdout, stderr } = await dev.ended;
  expect(code).toBe(0);
  expect(stdout).toContain('Stopping.');
  expect(stderr).not.toMatch(/^ {4}at |undefined/mu);
  const address = /Temporal +(127\S+),/u.exec(stdout)?.[1] ?? '';
  expect(await Promise.all([...urls, `http://${address}`].map(listens))).toEqual([false, false, false, false]);
});

test('a backup needs nothing but a directory', async () => {
  const root = await temporaryDirectory();
  await writeTree(root, { 'a.txt': 42 });
  const { code, stdout } = await startCommand([root, '--json'], { env: await embedded() }).ended;
  expect(code).toBe(0);
  const answer = JSON.parse(stdout) as { storageUrl: string };
  expect(answer).toMatchObject({ status: 'Completed', files: 1, bytes: 42 });
  expect(await listens(answer.storageUrl)).toBe(false);
});
