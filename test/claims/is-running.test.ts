import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { isRunning } from '../../src/claims/claim-root.ts';

let connection: NativeConnection;
let client: Client;

// A worker gives its activities a client over its own connection, which is of this kind.
beforeAll(async () => {
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection });
});
afterAll(() => connection.close());

function ask(instanceId: string, ...firstRunId: [string?]): Promise<boolean> {
  return new MockActivityEnvironment({}, { client }).run(isRunning, instanceId, ...firstRunId);
}

test('a workflow runs from its start to its end, and is not taken for another one of its id', async () => {
  const workflowId = randomUUID();
  const start = () => client.workflow.start('nobody-runs-this', { taskQueue: randomUUID(), workflowId });
  const first = await start();
  expect(await ask(workflowId, first.firstExecutionRunId)).toBe(true);
  await first.terminate();
  expect(await ask(workflowId, first.firstExecutionRunId)).toBe(false);
  expect(await ask(workflowId)).toBe(false);
  const second = await start();
  expect(await ask(workflowId)).toBe(true);
  expect(await ask(workflowId, first.firstExecutionRunId)).toBe(false);
  expect(await ask(workflowId, second.firstExecutionRunId)).toBe(true);
  await second.terminate();
});

test('a workflow that the server does not know does not run', async () => {
  expect(await ask(randomUUID(), randomUUID())).toBe(false);
});
