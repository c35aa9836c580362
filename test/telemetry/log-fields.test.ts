import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../support/workflow-harness.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { servers, startCommand } from '../client/cli/command.ts';

interface Line {
  readonly error?: unknown;
  readonly msg: string;
  readonly instanceId?: string;
  readonly workflowId?: string;
  readonly run?: string;
  readonly activityType?: string;
  readonly traceId?: string;
}

test('what a worker logs says of which instance, run, activity and trace it is, and of a failure its type, message and causes', async () => {
  const root = await realpath(await temporaryDirectory());
  const taskQueue = randomUUID();
  const env = {
    ...servers(),
    BACKUP_CONTAINER: `log-${randomUUID()}`,
    TASK_QUEUE: taskQueue,
    BACKUP_ROOTS: root,
    TRACE_FILE: join(await temporaryDirectory(), 'trace'),
  };
  const command = startCommand(['worker'], { env });
  await command.until(/worker is running/u);
  const { client, close } = await connect();
  onTestFinished(close);
  const workflowId = `nightly-${randomUUID()}`;
  const options = { taskQueue, workflowId, args: [{ root: `${root}/gone` }] };
  const handle = await client.workflow.start('backup', options);
  await expect(handle.result()).rejects.toThrow('Workflow execution failed');
  await command.until(/Activity failed/u);
  command.child.kill('SIGTERM');
  const { stderr } = await command.ended;
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
  expect(lines.find(({ msg }) => msg === 'Activity failed')).toMatchObject({
    instanceId: workflowId,
    activityType: 'openRun',
    traceId: handle.firstExecutionRunId.replaceAll('-', ''),
    error: { type: 'RootNotFound', message: expect.stringContaining(`${root}/gone`) },
  });
  expect(lines.find(({ msg }) => msg === 'Workflow failed')).toMatchObject({
    workflowId,
    error: {
      type: 'ActivityFailure',
      message: 'Activity task failed',
      cause: { type: 'RootNotFound', message: expect.stringContaining(`${root}/gone`) },
    },
  });
});
