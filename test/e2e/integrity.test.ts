import { randomBytes, randomUUID } from 'node:crypto';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { RestoreSummary } from '../../src/contracts/restore.ts';
import type { VerificationSummary } from '../../src/contracts/verification.ts';
import { differences, readFingerprint } from '../model/fingerprint.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const MiB = 1024 * 1024;

interface System {
  readonly root: string;
  readonly target: string;
  readonly container: ContainerClient;
  readonly nameOf: (path: string) => string;
  /** Flips one byte of what the storage service wrote to its disk, where these bytes are. */
  readonly flipOnDisk: (bytes: Buffer) => Promise<void>;
  readonly backUp: (input?: object) => Promise<BackupSummary>;
  readonly restore: () => Promise<RestoreSummary>;
  /** What a deep verification of a run, the latest unless given, tells, well or not. */
  readonly verify: (run?: string) => Promise<VerificationSummary>;
}

/** A worker over a storage service of its own, whose disk can be spoilt. */
async function startSystem(): Promise<System> {
  const base = await temporaryDirectory();
  const root = join(base, 'source');
  const dataDir = join(base, 'storage');
  const { connectionString = '', close: closeStorage } = await openEmbeddedStack({
    dataDir,
    azurite: { port: 0 },
    report: () => undefined,
  });
  onTestFinished(closeStorage);
  const settings = { connectionString, taskQueue: randomUUID(), container: 'backups', root: base };
  const worker = await startWorkerHere(settings);
  onTestFinished(worker.stop);

  const run = async <T>(job: string, input: object): Promise<T> => {
    const { taskQueue } = settings;
    const handle = await client.workflow.start(job, { taskQueue, workflowId: randomUUID(), args: [input] });
    return (await handle.result()) as T;
  };
  const target = join(base, 'target');
  return {
    root,
    target,
    container: BlobServiceClient.fromConnectionString(connectionString).getContainerClient(settings.container),
    nameOf: (path) => `${root.slice(1)}/${path}`,
    flipOnDisk: (bytes) => flipIn(join(dataDir, 'azurite/__blobstorage__'), bytes),
    backUp: (input) => run<BackupSummary>('backup', { root, ...input }),
    restore: () => run<RestoreSummary>('restore', { run: 'latest', target }),
    verify: (of = 'latest') => run<VerificationSummary>('verify', { run: of, deep: true }).catch(summaryOf),
  };
}

/** A verification with findings fails, and tells them in the details of its failure. */
function summaryOf(error: unknown): VerificationSummary {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { type, details } = error.cause as ApplicationFailure;
  expect(type).toBe('VerificationFailed');
  return details?.[0] as VerificationSummary;
}

function flipOne(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes);
  const middle = Math.floor(bytes.length / 2);
  flipped[middle] = (bytes[middle] ?? 0) ^ 0b100;
  return flipped;
}

async function flipIn(directory: string, bytes: Buffer): Promise<void> {
  const found: { file: string; at: number }[] = [];
  for (const name of await readdir(directory)) {
    const at = (await readFile(join(directory, name))).indexOf(bytes);
    if (at >= 0) found.push({ file: join(directory, name), at });
  }
  expect(found).toHaveLength(1);
  for (const { file, at } of found) {
    const handle = await open(file, 'r+');
    await handle.write(flipOne(bytes), 0, bytes.length, at);
    await handle.close();
  }
}

// Both leave all that a listing shows of the blob as the backup wrote it, but for the ETag in the first.

async function flipByWriting({ container, nameOf, root }: System, path: string): Promise<void> {
  const blob = container.getBlockBlobClient(nameOf(path));
  const { metadata = {} } = await blob.getProperties();
  await blob.uploadData(flipOne(await readFile(join(root, path))), { metadata });
}

async function flipInPlace({ container, nameOf, root, flipOnDisk }: System, path: string): Promise<void> {
  const blob = container.getBlobClient(nameOf(path));
  const { etag } = await blob.getProperties();
  // A piece that lies within one block.
  await flipOnDisk((await readFile(join(root, path))).subarray(0, 4096));
  expect((await blob.getProperties()).etag).toBe(etag);
}

test.each([
  { how: 'by somebody who writes the same metadata', flip: flipByWriting, spoilt: 'd3/f23' },
  { how: 'on the disk, under the same ETag', flip: flipInPlace, spoilt: 'large' },
])(
  'one byte of $spoilt flipped $how, and another file deleted: both are found, healed and whole again',
  async ({ flip, spoilt }) => {
    const system = await startSystem();
    const { root, target, container, nameOf, backUp, restore, verify } = system;
    await writeTree(root, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`d${i % 5}/f${i}`, 5000 + i])));
    // Bytes that are nowhere else, so that they can be found on the disk.
    await writeFile(join(root, 'd3/f23'), randomBytes(5000));
    await writeFile(join(root, 'large'), randomBytes(9 * MiB));
    const first = await backUp();
    expect(await verify()).toMatchObject({ intact: 61, failed: 0, extra: 0, complete: true });

    await flip(system, spoilt);
    await container.deleteBlob(nameOf('d1/f41'));
    const damaged = await verify();
    expect(damaged).toMatchObject({ intact: 59, missing: 1, corrupt: 1, failed: 2, extra: 0, complete: false });
    expect(damaged.failures.map(({ path, outcome }) => [path, outcome])).toEqual([
      ['d1/f41', 'missing'],
      [spoilt, 'corrupt'],
    ]);

    const repaired = await backUp({ repair: true });
    expect(repaired).toMatchObject({ files: 61, uploaded: 2, unchanged: 59, failed: 0, complete: true });
    const intact = { intact: 61, missing: 0, corrupt: 0, failed: 0, extra: 0, complete: true };
    expect(await verify()).toMatchObject({ ...intact, runId: repaired.runId });
    expect(await verify(first.runId)).toMatchObject({ ...intact, runId: first.runId });
    expect(await restore()).toMatchObject({ restored: 61, failed: 0, complete: true });
    expect(differences(await readFingerprint(root), await readFingerprint(target))).toEqual([]);
  },
);
