import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Jobs } from '../../../src/client/jobs/jobs.ts';
import { workflowNames } from '../../../src/contracts/job.ts';
import { startApi, startWorker } from '../http/harness.ts';

const items = [{ sku: 'A', quantity: 1 }];
const inputs = (root: string) => ({ [workflowNames.backup]: { root }, [workflowNames.processBatch]: items });

function start(jobs: Jobs, name: string, input: unknown): Promise<string> {
  return jobs.start(name, [input], { summary: 'a test' });
}

async function listed(jobs: Jobs, id: string, statuses?: readonly ['Suspended']): Promise<unknown> {
  const filter = { instanceIdPrefix: id, ...(statuses && { statuses }) };
  return (await jobs.list(filter, { size: 10, showInput: true })).jobs[0];
}

test.each([workflowNames.backup, workflowNames.processBatch])(
  '%s is Suspended from its first moment on, before and while no worker is up',
  async (name) => {
    const api = await startApi();
    const { jobs } = api;
    const input = inputs(api.root)[name];
    const id = await start(jobs, name, input);
    expect(await jobs.suspend(id, 'wait')).toBe('delivered');
    const untouched = { runtimeStatus: 'Suspended', customStatus: null, output: null, input };
    expect(await jobs.status(id)).toMatchObject(untouched);
    await expect.poll(() => listed(jobs, id, ['Suspended'])).toMatchObject(untouched);

    const worker = await startWorker(api);
    const suspended = { runtimeStatus: 'Suspended', customStatus: { suspended: true }, output: null };
    await expect.poll(() => jobs.status(id)).toMatchObject(suspended);
    expect(await jobs.runtimeStatus(id)).toBe('Suspended');
    expect(await listed(jobs, id)).toMatchObject({ runtimeStatus: 'Suspended' });
    await worker.stop();
    expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Suspended', output: null });
  },
);

test('what was resumed before any worker took it up, or only received an event, is Pending, and runs', async () => {
  const api = await startApi();
  const { jobs, root } = api;
  // Of one root only one backup runs at a time.
  const below = join(root, 'below');
  await mkdir(below);
  const resumed = await start(jobs, workflowNames.backup, { root });
  const signalled = await start(jobs, workflowNames.backup, { root: below });
  await jobs.suspend(resumed, 'wait');
  await jobs.resume(resumed, 'go on');
  await jobs.raiseEvent(signalled, 'x', null);
  for (const id of [resumed, signalled]) {
    expect(await jobs.status(id)).toMatchObject({ runtimeStatus: 'Pending', customStatus: null });
  }
  await startWorker(api);
  for (const id of [resumed, signalled]) expect(await jobs.result(id)).toMatchObject({ status: 'Completed' });
});
