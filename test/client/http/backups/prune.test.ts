import { beforeEach, expect, test } from 'vitest';
import { workflowNames } from '../../../../src/contracts/job.ts';
import type { PruneSummary } from '../../../../src/contracts/prune.ts';
import { writeTree } from '../../../support/tree.ts';
import { postJson, startedWorkflows, startWorker, type Api } from '../harness.ts';
import { backUp, follow, problemOf, startApiWithSource } from './rig.ts';

let api: Api;
let source: string;

beforeEach(async () => ({ api, source } = await startApiWithSource()));

test('a prune answers like a start, and ends with what it came to', async () => {
  await startWorker(api);
  const { runId } = await backUp(api, { root: source });
  await writeTree(source, { 'a.txt': 30 });
  await backUp(api, { root: source });
  const forgotten = await postJson(`${api.url}/api/backups/forget`, JSON.stringify({ runs: [runId] }));
  expect(forgotten.status).toBe(200);
  const dry = await follow(`${api.url}/api/backups/prune`, { dryRun: true });
  expect(dry.output).toMatchObject({ dryRun: true, deleted: 1, deletedBytes: 10 });
  const { name, output } = await follow(`${api.url}/api/backups/prune`, {});
  const summary = output as PruneSummary;
  expect([name, summary]).toMatchObject([
    workflowNames.prune,
    { dryRun: false, keptRuns: 1, forgottenRuns: 1, deleted: 1, deletedBytes: 10, kept: 2, keptBytes: 50 },
  ]);
});

test.each([
  ['{"prefix":"../x/"}', 'prefix'],
  ['{"patience":-1}', 'patience'],
  ['{"dryRun":"yes"}', 'dryRun'],
  ['{"dry":true}', 'dry'],
  ['[]', 'a prune'],
])('%s starts nothing', async (body: string, field: string) => {
  const answer = await postJson(`${api.url}/api/backups/prune`, body);
  expect(answer.status).toBe(400);
  expect((await problemOf(answer)).detail).toContain(field);
  expect(await startedWorkflows(api)).toBe(0);
});
