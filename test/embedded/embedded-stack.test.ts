import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { BlobServiceClient } from '@azure/storage-blob';
import { Client, Connection } from '@temporalio/client';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

import { openEmbeddedStack, type EmbeddedStack, type EmbeddedStackOptions } from '../../src/embedded/embedded-stack.ts';
import { findCli } from '../support/find-cli.ts';
import { temporaryDirectory } from './temporary.ts';

let cli: string;
beforeAll(async () => {
  cli = await findCli();
});

async function open(dataDir: string, parts: Partial<EmbeddedStackOptions> = {}): Promise<EmbeddedStack> {
  const temporal = { port: 0, cli: () => Promise.resolve(cli) };
  const stack = await openEmbeddedStack({ dataDir, temporal, azurite: { port: 0 }, report: () => {}, ...parts });
  onTestFinished(stack.close);
  return stack;
}

async function openInProcess(dataDir: string): Promise<{ child: ChildProcess; stack: EmbeddedStack }> {
  const program = fileURLToPath(new URL('stack-user-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, dataDir, cli], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, stack: JSON.parse(line.toString()) as EmbeddedStack };
}

function listens(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once('connect', () => {
      // Temporal's server, when told to stop, waits for connections that are left open.
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function withClient<T>(stack: EmbeddedStack, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporalAddress ?? '' });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

function blobOf(stack: EmbeddedStack) {
  return BlobServiceClient.fromConnectionString(stack.connectionString ?? '').getContainerClient('kept');
}

test('workflows and blobs outlive a close', async () => {
  const dataDir = await temporaryDirectory();
  const first = await open(dataDir);
  await withClient(first, (client) =>
    client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'no-worker', args: [] }),
  );
  await blobOf(first).create();
  await blobOf(first).getBlockBlobClient('a').upload('content', 7);
  await first.close();
  await first.close();
  expect(await listens(first.temporalAddress ?? '')).toBe(false);

  const second = await open(dataDir);
  const description = await withClient(second, (client) => client.workflow.getHandle('kept').describe());
  expect(description.status.name).toBe('RUNNING');
  expect((await blobOf(second).getBlobClient('a').downloadToBuffer()).toString()).toBe('content');
});

test('a stack without storage or a Web UI has neither', async () => {
  const temporal = { port: 0, inMemory: true, cli: () => Promise.resolve(cli) };
  const stack = await openEmbeddedStack({ dataDir: await temporaryDirectory(), temporal, report: () => {} });
  onTestFinished(stack.close);
  expect(Object.keys(stack)).toEqual(['temporalAddress', 'close']);
});

test('a second process shares the servers and the last user stops them', async () => {
  const dataDir = await temporaryDirectory();
  const mine = await open(dataDir);
  const other = await openInProcess(dataDir);
  expect(other.stack).toMatchObject({
    temporalAddress: mine.temporalAddress,
    connectionString: mine.connectionString,
  });

  await mine.close();
  expect(await listens(mine.temporalAddress ?? '')).toBe(true);
  other.child.kill('SIGTERM');
  await once(other.child, 'exit');
  expect(await listens(mine.temporalAddress ?? '')).toBe(false);
});

test('two that open at once start one set of servers', async () => {
  const dataDir = await temporaryDirectory();
  const [a, b] = await Promise.all([open(dataDir), open(dataDir)]);
  expect(a.temporalAddress).toBe(b.temporalAddress);
  expect(a.connectionString).toBe(b.connectionString);
  await a.close();
  expect(await listens(b.temporalAddress ?? '')).toBe(true);
});

test('servers of a killed process group are taken over, and stopped by the one who took over', async () => {
  const dataDir = await temporaryDirectory();
  const killed = await openInProcess(dataDir);
  process.kill(-(killed.child.pid ?? 0), 'SIGKILL');
  await once(killed.child, 'exit');

  const heir = await open(dataDir);
  expect(heir.temporalAddress).toBe(killed.stack.temporalAddress);
  expect(heir.connectionString).toBe(killed.stack.connectionString);
  await heir.close();
  expect(await listens(heir.temporalAddress ?? '')).toBe(false);
});

test('servers that an earlier version left running open to web pages are started anew, unless somebody else uses them', async () => {
  const dataDir = await temporaryDirectory();
  const earlier = await openInProcess(dataDir);
  for (const key of ['temporal', 'azurite']) {
    const file = join(dataDir, 'stack', `${key}.json`);
    const { isClosed, ...state } = JSON.parse(await readFile(file, 'utf8')) as { isClosed?: boolean };
    expect(isClosed).toBe(true);
    await writeFile(file, JSON.stringify(state));
  }
  const told: string[] = [];
  const report = (line: string) => void told.push(line);
  const beside = await open(dataDir, { report });
  expect(beside.temporalAddress).toBe(earlier.stack.temporalAddress);
  expect(told.filter((line) => line.includes('end all programs that use'))).toHaveLength(2);
  await beside.close();
  process.kill(-(earlier.child.pid ?? 0), 'SIGKILL');
  await once(earlier.child, 'exit');

  const alone = await open(dataDir, { report });
  expect(told.filter((line) => line.endsWith('it is started anew.'))).toHaveLength(2);
  expect(await listens(earlier.stack.temporalAddress ?? '')).toBe(false);
  expect(await listens(alone.temporalAddress ?? '')).toBe(true);
});

test('a server that died is started anew', async () => {
  const dataDir = await temporaryDirectory();
  const first = await open(dataDir);
  const { pid } = JSON.parse(await readFile(join(dataDir, 'stack', 'temporal.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  const second = await open(dataDir);
  expect(await listens(second.temporalAddress ?? '')).toBe(true);
  expect(second.connectionString).toBe(first.connectionString);
});

test('servers whose directory is gone by now are stopped all the same', async () => {
  const dataDir = await temporaryDirectory();
  const stack = await open(dataDir);
  await rm(dataDir, { recursive: true });
  await stack.close();
  expect(await listens(stack.temporalAddress ?? '')).toBe(false);
});

test.each([
  ['EMBEDDED_TEMPORAL_PORT', (port: number) => ({ temporal: { port, cli: () => Promise.resolve(cli) } })],
  ['EMBEDDED_BLOB_PORT', (port: number) => ({ azurite: { port } })],
])('a taken port is an error that names its holder and %s', async (setting, parts) => {
  const dataDir = await temporaryDirectory();
  const squatter = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;

  const message = await open(dataDir, parts(port)).catch((error: Error) => error.message);
  expect(message).toContain(`Port ${port} `);
  expect(message).toContain(`held by process ${process.pid} (`);
  expect(message).toContain(`set ${setting} `);
  for (const key of ['temporal', 'azurite']) {
    await expect(readFile(join(dataDir, 'stack', `${key}.json`))).rejects.toThrow('ENOENT');
  }
});

test('a server that ends while starting is an error with the end of its log', async () => {
  const temporal = { port: 0, cli: () => Promise.resolve('/bin/ls') };
  await expect(open(await temporaryDirectory(), { temporal })).rejects.toMatchObject({
    type: 'StackUnavailable',
    message: expect.stringMatching(/ended while starting\. The end of .*temporal\.log: .*ls/),
  });
});

test('a server that ends while starting is started again', async () => {
  const dataDir = await temporaryDirectory();
  const firstEnds = join(dataDir, 'first-ends.sh');
  const marker = join(dataDir, 'started-once');
  await writeFile(
    firstEnds,
    `#!/bin/sh\nif mkdir '${marker}'; then echo 'bind: address already in use'; exit 1; fi\nexec '${cli}' "$@"\n`,
  );
  await chmod(firstEnds, 0o755);

  const reports: string[] = [];
  const stack = await openEmbeddedStack({
    dataDir,
    temporal: { port: 0, inMemory: true, cli: () => Promise.resolve(firstEnds) },
    report: (line) => reports.push(line),
  });
  onTestFinished(stack.close);
  expect(stack.temporalAddress).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(reports).toEqual(["Temporal's development server ended while starting; it is started again."]);
});
