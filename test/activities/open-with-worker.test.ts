import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../src/activities/index.ts';
import { isRunning } from '../../src/claims/claim-root.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { writeTree } from '../support/tree.ts';
import { connect, startWorker } from '../support/workflow-harness.ts';
import { openRig } from './rig.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

test('in a worker, a second backup of a root is refused while the first one runs, and after it finds all unchanged', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, 'b/c': 2 });
  const { taskQueue, stop } = await startWorker(createActivities({ ...rig.deps, isRunning }));
  onTestFinished(stop);
  const start = (workflowId: string) =>
    client.workflow.start('backup', { taskQueue, workflowId, args: [{ root: rig.root }] });
  const result = async (workflowId: string) => (await (await start(workflowId)).result()) as BackupSummary;

  const held = rig.proxy.hold(({ method, path }) => method === 'PUT' && path.includes(`${rig.root}/`));
  const [one, two] = [randomUUID(), randomUUID()];
  const first = await start(one);
  await held.reached;
  const refused: unknown = await result(two).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(WorkflowFailedError);
  expect((refused as WorkflowFailedError).cause).toMatchObject({
    cause: { type: 'BackupRunning', message: expect.stringContaining(`by instance ${one}`) },
  });
  held.release();
  expect((await first.result()) as BackupSummary).toMatchObject({ files: 2, uploaded: 2 });
  expect(await result(two)).toMatchObject({ files: 2, bytes: 3, unchanged: 2, uploaded: 0 });
});
