import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, inject, onTestFinished, test } from 'vitest';
import { AzureBlobStorageDriver } from '../../../src/storage/large-messages/azure-blob-storage-driver.ts';
import { payloadOf } from './rig.ts';

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const { PATH = '' } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, 'prune-messages', ...args],
      { env: { PATH, ...env } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

function environment(taskHub: string): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    AZURE_STORAGE_CONNECTION_STRING: inject('connectionString'),
    TASK_HUB: taskHub,
  };
}

test('the command says what it did with the messages of its task hub', async () => {
  const taskHub = `Hub${randomUUID().replaceAll('-', '')}`;
  const service = BlobServiceClient.fromConnectionString(inject('connectionString'));
  const container = service.getContainerClient(`${taskHub.toLowerCase()}-largemessages`);
  onTestFinished(async () => void (await container.deleteIfExists()));
  const target = { kind: 'workflow', namespace: 'default' } as const;
  await new AzureBlobStorageDriver({ container }).store({ target }, [payloadOf('young')]);

  expect(await run([], environment(taskHub))).toEqual({
    code: 0,
    stdout: 'Deleted 0 large messages, 0 bytes.\nKept 1, of which 0 in use by 0 retained workflow executions.\n',
    stderr: '1 large messages, 0 of them past their grace\n',
  });
  const { code, stdout } = await run(['--dry-run', '--grace', '1'], environment(taskHub));
  expect(code).toBe(0);
  expect(stdout).toContain('Would delete 0 large messages');
});

test.each([['0'], ['1.5'], ['-1'], ['soon']])('a grace of %s hours is refused', async (grace) => {
  const { code, stderr } = await run([`--grace=${grace}`], {});
  expect(code).toBe(1);
  expect(stderr).toContain('It must be a whole number of hours');
});

test('a storage account without its Temporal is refused, and the other way round', async () => {
  const { TEMPORAL_ADDRESS: _, ...withoutTemporal } = environment('hub');
  const { AZURE_STORAGE_CONNECTION_STRING: __, ...withoutStorage } = environment('hub');
  for (const [env, missing] of [
    [withoutTemporal, 'set TEMPORAL_ADDRESS'],
    [withoutStorage, 'set AZURE_STORAGE_CONNECTION_STRING'],
  ] as const) {
    const { code, stdout, stderr } = await run([], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(missing);
  }
});

test('a connection string that cannot be read is an error in one line', async () => {
  const env = { ...environment('hub'), AZURE_STORAGE_CONNECTION_STRING: 'nonsense' };
  const { code, stderr } = await run([], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: AZURE_STORAGE_CONNECTION_STRING cannot be read: .+\n$/u);
});
