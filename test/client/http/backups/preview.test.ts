import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { workflowNames } from '../../../../src/contracts/job.ts';
import type { Preview } from '../../../../src/contracts/backup.ts';
import { containerClient } from '../../../support/stored-run.ts';
import { writeTree } from '../../../support/tree.ts';
import { postJson, startApi, startedWorkflows, startWorker, type Api } from '../harness.ts';
import { backUp, follow, problemOf } from './rig.ts';

let api: Api;
let root: string;
let path: string;

beforeEach(async () => {
  api = await startApi();
  root = join(api.root, 'source');
  path = `${api.url}/api/backups/preview`;
  await writeTree(root, { 'a.txt': 10, 'b.log': 20, 'd/c.txt': 30 });
});

test('before the first backup a preview says that all is new, and leaves nothing behind', async () => {
  await startWorker(api);
  const { name, runtimeStatus, output } = await follow(path, { root });
  expect([name, runtimeStatus]).toEqual([workflowNames.preview, 'Completed']);
  expect(output).toEqual({
    root,
    prefix: '',
    counts: { upload: 3, unchanged: 0, record: 1, skip: 0, fail: 0, exclude: 0 },
    uploadBytes: 60,
    unchangedBytes: 0,
    rows: ['a.txt', 'b.log', 'd/c.txt'].map((file, i) => ({
      path: file,
      key: file,
      action: 'upload',
      kind: 'file',
      bytes: 10 * (i + 1),
    })),
    moreRows: 0,
    warnings: [],
  });
  expect(await containerClient(api.config.container).exists()).toBe(false);
});

test('a preview is of what the backup after it does: filters, what is unchanged, and what cannot be read', async () => {
  await startWorker(api);
  const { runId } = await backUp(api, { root });
  await writeFile(join(root, 'a.txt'), 'another');
  const body = { root, filters: { exclude: ['*.log', '*.nothing'] } };
  const { output } = await follow(path, body);
  const preview = output as Preview;
  expect(preview).toMatchObject({ base: runId, uploadBytes: 7, unchangedBytes: 30 });
  expect(preview.counts).toEqual({ upload: 1, unchanged: 1, record: 1, skip: 0, fail: 0, exclude: 1 });
  expect(preview.rows).toMatchObject([
    { path: 'a.txt', action: 'upload', bytes: 7 },
    { path: 'b.log', action: 'exclude', why: { by: 'exclude', rule: '*.log' } },
  ]);
  expect(preview.warnings).toEqual([expect.stringContaining('*.nothing')]);
  expect(await backUp(api, body)).toMatchObject({ uploaded: 1, unchanged: 1, excluded: 1, directories: 1 });
});

test('a directory that is not there fails a preview as it fails a backup', async () => {
  await startWorker(api);
  await rm(root, { recursive: true });
  const { runtimeStatus, output } = await follow(path, { root });
  expect([runtimeStatus, output]).toEqual(['Failed', expect.stringContaining(`${root} does not exist`)]);
});

test.each([
  ['{"rot":"/"}', 'rot'],
  ['{"root":"/nowhere/else"}', '/nowhere/else'],
  ['{"root":"","filters":{"exclude":[""]}}', 'filters.exclude'],
  ['[]', 'a backup'],
])('%s starts nothing', async (body, named) => {
  const answer = await postJson(path, body);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect((await problemOf(answer)).detail).toContain(named);
  expect(await startedWorkflows(api)).toBe(0);
});
