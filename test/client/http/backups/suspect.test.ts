import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunInfo } from '../../../../src/history/views/run-info.ts';
import { runInfoSchema } from '../../../../src/history/views/run-info.ts';
import { writeTree } from '../../../support/tree.ts';
import { postJson, startApi, startWorker } from '../harness.ts';
import { backUp, follow, problemOf } from './rig.ts';

test('a suspect run fails with its counts, and is a run like any other once it is accepted', async () => {
  const api = await startApi();
  await startWorker(api);
  const root = join(api.root, 'site');
  await writeTree(root, Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, 10])));
  const { runId } = await backUp(api, { root });
  for (let i = 1; i < 12; i += 1) await rm(join(root, `f${i}`));
  const preview = await follow(`${api.url}/api/backups/preview`, { root });
  expect(preview.output).toMatchObject({ suspect: { since: runId, files: 12, lost: 11 } });

  const ended = await follow(`${api.url}/api/backups`, { root, maxLoss: 0.9 });
  expect(ended).toMatchObject({ runtimeStatus: 'Failed', output: expect.stringContaining('11 of the 12 files') });
  const [suspect] = (await (await fetch(`${api.url}/api/backups`)).json()) as [RunInfo];
  expect(runInfoSchema.safeParse(suspect).error).toBeUndefined();
  expect(suspect).toMatchObject({ state: 'suspect', files: 1, suspect: { since: runId, files: 12, lost: 11 } });

  const at = `${api.url}/api/backups/${suspect.run}`;
  const retried = await problemOf(await postJson(`${at}/retry`, ''));
  expect(retried).toEqual({ status: 409, detail: expect.stringContaining(`durable-backup accept ${suspect.run}`) });
  const accepted = (await (await postJson(`${at}/accept`, '')).json()) as RunInfo;
  expect(runInfoSchema.safeParse(accepted).error).toBeUndefined();
  expect(accepted).toMatchObject({
    state: 'complete',
    suspect: { lost: 11, acceptedAt: expect.stringMatching(/Z$/u) },
  });
  expect(await (await postJson(`${at}/accept`, '')).json()).toEqual(accepted);
  const latest = (await (await fetch(`${api.url}/api/backups/latest`)).json()) as RunInfo;
  expect(latest).toEqual(accepted);

  for (const [run, status] of [
    ['latest', 400],
    ['x', 400],
    ['20260102T030405Z-0123abcd', 404],
  ] as const)
    expect((await problemOf(await postJson(`${api.url}/api/backups/${run}/accept`, ''))).status).toBe(status);
  const wrong = await postJson(`${api.url}/api/backups`, JSON.stringify({ root, maxLoss: 2 }));
  expect((await problemOf(wrong)).detail).toContain('maxLoss');

  await rm(join(root, 'f0'));
  const original = await follow(`${api.url}/orchestrators/E2_BackupSiteContent`, root);
  expect(original).toMatchObject({
    runtimeStatus: 'Failed',
    output: expect.stringContaining(`it holds no file, and run ${suspect.run} holds 1`),
  });
});
