import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { AzureBlobStorageDriver } from '../../../src/storage/large-messages/azure-blob-storage-driver.ts';
import { pruneMessages } from '../../../src/storage/large-messages/prune-messages.ts';
import { ScanError } from '../../../src/storage/large-messages/temporal-requests.ts';
import { createBlobProxy } from '../../support/blob-proxy.ts';
import { intercepted, noGrace, startUnattended, storeOrphans } from './prune-rig.ts';
import { blobNames, kilobyte, largeText, newContainer, openRig, payloadOf, until, useOwnTemporal } from './rig.ts';

// Pruning reads every history that the server holds.
useOwnTemporal();

test('young messages stay, and then no history is read', async () => {
  const rig = await openRig();
  await storeOrphans(rig, 'young', 'also young');
  const client = intercepted(rig.client, 'listWorkflowExecutions', () => {
    throw new Error('not expected');
  });
  const kept = { scanned: 0, referenced: 0, kept: 2, deleted: 0, bytesFreed: 0 };
  expect(await pruneMessages({ ...rig, client })).toEqual(kept);
  expect(await pruneMessages({ ...rig, client, graceMs: 60_000 })).toEqual(kept);
});

test('a message that is stored again while histories are searched stays', async () => {
  const rig = await openRig();
  const [reused] = await storeOrphans(rig, 'reused', 'orphan');
  const client = intercepted(rig.client, 'listSchedules', () => storeOrphans(rig, 'reused'));
  const result = await pruneMessages({ ...rig, client, ...noGrace });
  expect(result).toMatchObject({ kept: 1, deleted: 1 });
  expect(await blobNames(rig.container)).toEqual([reused]);
});

test('a message that somebody else deletes meanwhile is nobody’s error', async () => {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const { client } = await openRig();
  const container = newContainer(proxy.connectionString);
  const [gone] = await storeOrphans({ container }, 'gone', 'orphan');
  proxy.rule(({ method, path }) =>
    method === 'DELETE' && path.endsWith(gone ?? '') ? { status: 404, code: 'BlobNotFound' } : undefined,
  );
  expect(await pruneMessages({ client, container, ...noGrace })).toMatchObject({ kept: 0, deleted: 1 });
});

test.each([
  ['getWorkflowExecutionHistory', 14],
  ['describeWorkflowExecution', 14],
  ['getWorkflowExecutionHistory', 5],
  ['listWorkflowExecutions', 14],
  ['listSchedules', 14],
])('nothing is deleted when %s fails with code %i', async (method, code) => {
  const rig = await openRig();
  const { workflowId } = await startUnattended(rig.client, largeText(50 * kilobyte));
  await storeOrphans(rig, 'orphan');
  const client = intercepted(rig.client, method, ({ execution }) => {
    if (execution === undefined || execution.workflowId === workflowId) {
      throw Object.assign(new Error('no longer'), { code });
    }
  });
  const error = await pruneMessages({ ...rig, client, ...noGrace }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ScanError);
  expect((error as Error).message).toMatch(/cannot be read: no longer$/u);
  expect((error as Error).message).toContain(method.startsWith('list') ? 'the list of' : workflowId);
  expect(await blobNames(rig.container)).toHaveLength(2);
});

test('a workflow that retention removes meanwhile hinders nothing', async () => {
  const rig = await openRig();
  const { workflowId } = await startUnattended(rig.client, largeText(50 * kilobyte, 'removed'));
  const removed = intercepted(rig.client, 'getWorkflowExecutionHistory', ({ execution }) => {
    if (execution?.workflowId === workflowId) throw Object.assign(new Error('gone'), { code: 5 });
  });
  const closedLongAgo = intercepted(
    removed,
    'listWorkflowExecutions',
    () => undefined,
    (response) => {
      for (const info of (response as { executions: { execution: { workflowId: string }; closeTime: object }[] })
        .executions)
        if (info.execution.workflowId === workflowId) info.closeTime = { seconds: 1_000_000, nanos: 0 };
    },
  );
  expect(await pruneMessages({ ...rig, client: closedLongAgo, ...noGrace })).toMatchObject({ kept: 0, deleted: 1 });
});

test('what Temporal starts by itself with an old message, while histories are searched, is found', async () => {
  const rig = await openRig();
  const { workflowService } = rig.client;
  const first = await startUnattended(rig.client, largeText(50 * kilobyte, 'copied'));
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId: first.workflowId },
  });
  const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input ?? null;
  const workflowId = `copied-${randomUUID()}`;
  // As a retry or a reset does: the reference is copied, and the driver has no part in it.
  const copy = async () => {
    const queue = { taskQueue: { name: `nobody-${workflowId}` }, workflowType: { name: 'echo' } };
    const start = { namespace: 'default', workflowId, requestId: workflowId, input, ...queue };
    await workflowService.startWorkflowExecution(start);
    onTestFinished(async () => void (await rig.client.workflow.getHandle(workflowId).terminate()));
    await until(async () => (await rig.client.workflow.count(`WorkflowId = '${workflowId}'`)).count > 0);
  };
  let copied: Promise<void> | undefined;
  const copying = intercepted(rig.client, 'listSchedules', () => (copied ??= copy()));
  // The first one is hidden, as if it had gone.
  const client = intercepted(
    copying,
    'listWorkflowExecutions',
    () => undefined,
    (response) => {
      const listing = response as { executions: { execution: { workflowId: string } }[] };
      listing.executions = listing.executions.filter(({ execution }) => execution.workflowId !== first.workflowId);
    },
  );
  expect(await pruneMessages({ ...rig, client, ...noGrace })).toMatchObject({ referenced: 1, deleted: 0 });
});

test('servers that know no schedules and no standalone activities are searched without', async () => {
  const rig = await openRig();
  await storeOrphans(rig, 'orphan');
  const unimplemented = () => {
    throw Object.assign(new Error('unknown'), { code: 12 });
  };
  const client = intercepted(
    intercepted(rig.client, 'listSchedules', unimplemented),
    'listActivityExecutions',
    unimplemented,
  );
  expect(await pruneMessages({ ...rig, client, ...noGrace })).toMatchObject({ deleted: 1 });
});

test('blobs of other namespaces and of other programs are none of its business', async () => {
  const rig = await openRig();
  await storeOrphans(rig, 'orphan');
  const driver = new AzureBlobStorageDriver({ container: rig.container });
  await driver.store({ target: { kind: 'workflow', namespace: 'default2' } }, [payloadOf('orphan')]);
  await driver.store({}, [payloadOf('orphan')]);
  for (const name of ['other', 'default/other', 'default/sha256/readme', `default/sha256/00/${'a'.repeat(64)}`]) {
    await rig.container.getBlockBlobClient(name).upload('x', 1);
  }
  expect(await pruneMessages({ ...rig, ...noGrace })).toMatchObject({ deleted: 1, kept: 0 });
  expect(await blobNames(rig.container)).toHaveLength(6);
});

test('without a container there is nothing to do, and a negative grace is refused', async () => {
  const rig = await openRig();
  expect(await pruneMessages({ ...rig, ...noGrace })).toMatchObject({ kept: 0, deleted: 0 });
  await expect(pruneMessages({ ...rig, graceMs: -1 })).rejects.toThrow(RangeError);
  await expect(pruneMessages({ ...rig, graceMs: Number.NaN })).rejects.toThrow(RangeError);
});
