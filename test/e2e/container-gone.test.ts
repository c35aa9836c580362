import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { createBlobProxy, type SeenRequest } from '../support/blob-proxy.ts';
import { containerClient, expectHolds } from '../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerHere } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const isOfFile = ({ path, query }: SeenRequest) => !path.includes('/.durable-backup/') && !query.has('restype');

test.each<{ job: string; input: object; during: (request: SeenRequest) => boolean }>([
  {
    job: 'backup',
    input: { checksum: true },
    during: ({ method, path }) => method === 'PUT' && path.includes('/manifest/'),
  },
  { job: 'restore', input: { run: 'latest' }, during: isOfFile },
  { job: 'verify', input: { run: 'latest', deep: true }, during: isOfFile },
])(
  'a container that is deleted in the middle of a $job ends it with the reason, and the next backup starts anew',
  async ({ job, input, during }) => {
    const base = await temporaryDirectory();
    const root = join(base, 'source');
    await writeTree(root, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`d${i % 3}/f${i}`, 100 + i])));
    const proxy = await createBlobProxy({ target: inject('connectionString') });
    const { connectionString } = proxy;
    const settings = { connectionString, taskQueue: randomUUID(), container: `gone-${randomUUID()}`, root: base };
    const worker = await startWorkerHere(settings);
    onTestFinished(async () => {
      await worker.stop();
      await proxy.close();
    });
    const run = async (name: string, args: object): Promise<unknown> => {
      const { taskQueue } = settings;
      const handle = await client.workflow.start(name, { taskQueue, workflowId: randomUUID(), args: [args] });
      return handle.result();
    };
    const container = containerClient(settings.container);
    await run('backup', { root });

    const held = proxy.hold(during);
    const target = join(base, 'target');
    const ended = run(job, job === 'restore' ? { ...input, target } : { ...input, root }).catch(
      (error: unknown) => error,
    );
    await held.reached;
    await container.delete();
    held.release();
    const error = await ended;
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause?.cause).toMatchObject({
      type: 'StorageRefused',
      message: expect.stringContaining(`${settings.container} answered 404 ContainerNotFound (the container is gone`),
    });

    const anew = (await run('backup', { root })) as BackupSummary;
    expect(anew).toMatchObject({ files: 30, uploaded: 30, complete: true });
    await expectHolds(container, root, anew.manifest);
  },
);
