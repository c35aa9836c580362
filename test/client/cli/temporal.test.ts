import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Jobs } from '../../../src/client/jobs/jobs.ts';
import { connectClient, temporalTarget } from '../../../src/client/cli/open/temporal.ts';
import { workflowNames } from '../../../src/contracts/job.ts';
import { grpcCompression } from '../../../src/client/cli/open/worker.ts';

const megabyte = 1024 * 1024;

test('a history is read whole where Temporal sends more than 4 MiB at once', async () => {
  const address = inject('temporalAddress');
  const client = await connectClient(temporalTarget(address));
  onTestFinished(() => client.connection.close());
  const taskQueue = randomUUID();
  const jobs = new Jobs({ client, address, taskQueue });
  const id = await jobs.start(workflowNames.backup, [{ root: '/' }], { summary: 'a test' });
  const payloads = Array.from({ length: 5 }, (_, i) => String(i).repeat(1.5 * megabyte));
  for (const payload of payloads) await jobs.raiseEvent(id, 'Large', payload);

  const execution = { workflowId: id };
  const page = await client.workflowService.getWorkflowExecutionHistory({ namespace: 'default', execution });
  const bytes = (page.history?.events ?? []).map(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads?.[0]?.data?.length ?? 0,
  );
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(7 * megabyte);
  const events = await jobs.history(id, { showInput: true, showOutput: false });
  const inputs = events?.flatMap(({ EventType, Input }) => (EventType === 'EventRaised' ? [Input] : []));
  expect(inputs?.map((input) => payloads.indexOf(input as string))).toEqual([0, 1, 2, 3, 4]);
  await jobs.terminate(id);
});

test.each(['127.0.0.1:7233', '127.8.9.10', 'localhost:7233', 'LOCALHOST', '[::1]:7233', '[::1]'])(
  'calls to %s are not compressed',
  (address) => expect(grpcCompression(address)).toEqual({ codec: 'none' }),
);

test.each(['temporal:7233', '10.0.0.1:7233', '127.0.0.1.example:7233', 'localhost.example:7233', '[::2]:7233', ''])(
  'calls to %s are',
  (address) => expect(grpcCompression(address)).toEqual({ codec: 'gzip' }),
);
