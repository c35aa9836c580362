import { expect, test } from 'vitest';
import type { JobPage } from '../../../src/client/jobs/find-jobs.ts';
import { workflowNames } from '../../../src/contracts/job.ts';
import { countedJobs } from './counted-jobs.ts';
import { startApi, startWorker, type Api } from '../http/harness.ts';
import { startOrderApi } from '../http/order-rig.ts';

/** Starts batches of one item and waits until all that has ended is listed. */
async function endedBatches({ jobs }: Pick<Api, 'jobs'>, count: number): Promise<string[]> {
  const items = [{ sku: 'A', quantity: 1 }];
  const start = () => jobs.start(workflowNames.processBatch, [items], { summary: 'a test' });
  const ids = await Promise.all(Array.from({ length: count }, start));
  for (const id of ids) await jobs.result(id);
  const completed = () => jobs.list({ statuses: ['Completed'] }, { size: 1000, showInput: false, patience: Infinity });
  await expect.poll(async () => (await completed()).jobs.length).toBe(count);
  return ids;
}

const idsOf = (pages: readonly JobPage[]) => pages.flatMap(({ jobs }) => jobs.map(({ instanceId }) => instanceId));

test('of what has ended a page reads one short history each, and asks nothing that the list has told', async () => {
  const api = await startOrderApi();
  const ids = await endedBatches(api, 60);
  const { jobs, calls } = countedJobs(api.config.taskQueue);
  const withInput = await jobs.list({}, { size: 100, showInput: true });
  expect(calls()).toEqual({ ListWorkflowExecutions: 4, GetWorkflowExecutionHistory: 60 });
  const without = await jobs.list({}, { size: 100, showInput: false });
  expect(calls()).toEqual({ ListWorkflowExecutions: 4, GetWorkflowExecutionHistory: 60 });
  const none = await jobs.list({ createdTo: new Date(0) }, { size: 100, showInput: true });
  expect(calls()).toEqual({ ListWorkflowExecutions: 4 });
  expect(none).toEqual({ jobs: [] });
  const each = await Promise.all(ids.map((id) => jobs.status(id)));
  expect(withInput.jobs).toEqual(expect.arrayContaining(each));
  expect(withInput.jobs).toHaveLength(60);
  expect(without.jobs).toEqual(withInput.jobs.map((job) => ({ ...job, input: null })));
});

test('what failed, was terminated, cancelled or rewound is listed as its status tells', async () => {
  const api = await startApi();
  const { jobs, calls } = countedJobs(api.config.taskQueue);
  const start = (root: string) => jobs.start(workflowNames.backup, [{ root }], { summary: 'a test' });
  const [terminated, cancelled] = [await start(api.root), await start(api.root)];
  await jobs.terminate(terminated, 'enough');
  await jobs.cancel(cancelled);
  await startWorker(api);
  const failed = await start(`${api.root}/none`);
  const rewound = await start(`${api.root}/none either`);
  for (const id of [cancelled, failed, rewound]) await jobs.result(id);
  await jobs.rewind(rewound);
  await jobs.result(rewound);
  const states = { [terminated]: 'Terminated', [cancelled]: 'Canceled', [failed]: 'Failed', [rewound]: 'Failed' };
  const page = () => jobs.list({}, { size: 100, showInput: true });
  const listed = async () => {
    calls();
    return Object.fromEntries((await page()).jobs.map((job) => [job.instanceId, job.runtimeStatus]));
  };
  await expect.poll(listed).toEqual(states);
  // The one that was rewound has two executions, of which only a description tells the newest.
  await expect.poll(async () => (await listed(), calls())).toMatchObject({ DescribeWorkflowExecution: 1 });
  const each = await Promise.all(Object.keys(states).map((id) => jobs.status(id)));
  expect((await page()).jobs).toEqual(expect.arrayContaining(each));
});

test('a page out of patience, or of a Temporal that stops answering, ends where it is and leads to the rest', async () => {
  const api = await startOrderApi();
  const ids = await endedBatches(api, 55);
  const { jobs, calls, lateFrom } = countedJobs(api.config.taskQueue);
  const page = (token?: string, patience?: number) =>
    jobs.list(
      {},
      { size: 100, showInput: false, ...(token && { token }), ...(patience !== undefined && { patience }) },
    );
  const first = await page(undefined, 0);
  expect(first.jobs).toHaveLength(50);
  const second = await page(first.token, 0);
  expect(second.token).toBeUndefined();
  expect(idsOf([first, second]).toSorted()).toEqual(ids.toSorted());

  calls();
  // The first 50 take two lists and a read each.
  lateFrom(53);
  const cut = await page();
  expect(cut.jobs).toEqual(first.jobs);
  lateFrom(1);
  await expect(page(cut.token)).rejects.toThrow('does not answer');
  lateFrom(Infinity);
  expect((await page(cut.token)).jobs).toEqual(second.jobs);
});
