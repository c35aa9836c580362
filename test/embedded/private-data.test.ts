import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { BlobServiceClient, RestError } from '@azure/storage-blob';
import { expect, onTestFinished, test } from 'vitest';

import { azuriteConnectionString } from '../../src/embedded/azurite.ts';
import { openEmbeddedStack, type EmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import { reservePort } from '../../src/embedded/ports.ts';
import { findCli } from '../support/find-cli.ts';
import { temporaryDirectory } from './temporary.ts';

async function open(dataDir: string): Promise<EmbeddedStack> {
  const temporal = { port: 0, cli: findCli };
  const stack = await openEmbeddedStack({ dataDir, temporal, azurite: { port: 0 }, report: () => {} });
  onTestFinished(stack.close);
  return stack;
}

function containerOf(connectionString: string) {
  const options = { retryOptions: { maxTries: 1 } };
  return BlobServiceClient.fromConnectionString(connectionString, options).getContainerClient('kept');
}

/** The paths below a folder that others may read or enter. */
async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const { mode } = await stat(join(folder, name));
    if ((mode & 0o077) !== 0) found.push(name);
  }
  return found;
}

test('what the embedded servers keep is closed to other users, and so is what they kept before', async () => {
  const dataDir = join(await temporaryDirectory(), 'new', 'data');
  const before = process.umask(0o022);
  onTestFinished(() => void process.umask(before));
  await (await open(dataDir)).close();
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  await mkdir(join(dataDir, 'azurite', 'earlier'));
  for (const folder of ['stack', 'azurite']) await chmod(join(dataDir, folder), 0o755);
  for (const file of ['temporal.db', 'temporal.db-wal']) await writeFile(join(dataDir, file), '', { flag: 'a' });
  for (const file of ['temporal.db', 'temporal.db-wal']) await chmod(join(dataDir, file), 0o644);
  // What is beside it may be meant for others.
  await chmod(dataDir, 0o755);

  const stack = await open(dataDir);
  await containerOf(stack.connectionString ?? '').create();
  expect(await openToOthers(join(dataDir, 'azurite'))).toEqual(['earlier']);
  for (const name of await readdir(dataDir)) {
    expect([name, (await stat(join(dataDir, name))).mode & 0o077]).toEqual([name, 0]);
  }
  expect((await stat(dataDir)).mode & 0o777).toBe(0o755);
});

test("Azurite opens to a key of this folder's own, which stays the same, and not to everybody's", async () => {
  const dataDir = await temporaryDirectory();
  const first = await open(dataDir);
  const { connectionString = '' } = first;
  await containerOf(connectionString).create();
  expect(await readFile(join(dataDir, 'stack', 'connection-string'), 'utf8')).toBe(connectionString);
  const port = Number(/127\.0\.0\.1:(\d+)/u.exec(connectionString)?.[1]);
  const refused = await containerOf(azuriteConnectionString(port))
    .getProperties()
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RestError);
  expect(refused).toMatchObject({ statusCode: 403 });
  await first.close();

  const key = (text = '') => /AccountKey=([^;]+)/u.exec(text)?.[1];
  const second = await open(dataDir);
  expect(key(second.connectionString)).toBe(key(connectionString));
  const other = await open(await temporaryDirectory());
  expect(key(other.connectionString)).not.toBe(key(connectionString));
});

test("blobs that an Azurite with everybody's key kept are read on", async () => {
  const dataDir = await temporaryDirectory();
  const port = await reservePort({ port: 0, purpose: 'Azurite', setting: 'none' });
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const where = ['--blobPort', String(port), '--location', join(dataDir, 'azurite')];
  const args = [program, ...where, '--disableTelemetry', '--skipApiVersionCheck'];
  const earlier = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void earlier.kill('SIGKILL'));
  await once(earlier.stdout, 'data');
  for (let output = ''; !output.includes('successfully listens');) {
    const [chunk] = (await once(earlier.stdout, 'data')) as [Buffer];
    output += String(chunk);
  }
  const container = containerOf(azuriteConnectionString(port));
  await container.create();
  await container.getBlockBlobClient('a').upload('content', 7);
  earlier.kill('SIGTERM');
  await once(earlier, 'exit');

  const { connectionString = '' } = await open(dataDir);
  expect(String(await containerOf(connectionString).getBlobClient('a').downloadToBuffer())).toBe('content');
});
