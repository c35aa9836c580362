import { expect, test } from 'vitest';
import type { RunInfo } from '../../../../src/history/views/run-info.ts';
import { forgetResultSchema } from '../../../../src/contracts/forget.ts';
import { runInfoSchema } from '../../../../src/history/views/run-info.ts';
import type { ForgetResult } from '../../../../src/contracts/forget.ts';
import { writeTree } from '../../../support/tree.ts';
import { postJson, startApi, startWorker, type Api } from '../harness.ts';
import { backUp, problemOf } from './rig.ts';

async function startStocked(): Promise<{ api: Api; runs: string[] }> {
  const api = await startApi();
  await startWorker(api);
  await writeTree(api.root, { 'a.txt': 10 });
  const runs = [];
  for (const tags of [['nightly', 'eu'], ['nightly'], ['nightly', 'eu']])
    runs.push((await backUp(api, { tags })).runId);
  return { api, runs };
}

const post = (api: Api, body: unknown) => postJson(`${api.url}/api/backups/forget`, JSON.stringify(body));

async function forget(api: Api, body: unknown): Promise<ForgetResult> {
  const response = await post(api, body);
  const answer: unknown = await response.json();
  expect([response.status, forgetResultSchema.safeParse(answer).error]).toEqual([200, undefined]);
  return answer as ForgetResult;
}

async function list(api: Api, query = ''): Promise<RunInfo[]> {
  const infos = (await (await fetch(`${api.url}/api/backups${query}`)).json()) as RunInfo[];
  expect(infos.map((info) => runInfoSchema.safeParse(info).error)).toEqual(infos.map(() => undefined));
  return infos;
}

const ids = (infos: readonly RunInfo[]) => infos.map(({ run }) => run);

test('runs are forgotten by a policy, shown on demand, and taken back', async () => {
  const { api, runs } = await startStocked();
  const [first = '', second = '', third = ''] = runs;
  const body = { policy: { Last: 1, tags: ['none'] }, root: api.root };
  const dry = await forget(api, { ...body, dryRun: true });
  expect(ids(await list(api))).toEqual([third, second, first]);
  expect(await forget(api, body)).toEqual({ ...dry, dryRun: false });
  expect(dry).toMatchObject({ kept: 1, forgotten: 2, recalled: 0 });
  expect(ids(await list(api))).toEqual([third]);
  const all = await list(api, '?forgotten=true');
  expect(all.map(({ forgottenAt }) => typeof forgottenAt)).toEqual(['undefined', 'string', 'string']);

  const gone = await fetch(`${api.url}/api/backups/${first}`);
  expect(await problemOf(gone)).toEqual({
    status: 404,
    detail: expect.stringContaining(`Run ${first} was forgotten at`),
  });
  const restore = await postJson(`${api.url}/api/backups/${first}/restores`, '{}');
  expect((await problemOf(restore)).status).toBe(404);

  expect(await forget(api, { runs: [first], undo: true })).toMatchObject({ recalled: 1 });
  expect(ids(await list(api))).toEqual([third, first]);
});

test('the list is filtered by tags', async () => {
  const { api, runs } = await startStocked();
  const [first = '', second = '', third = ''] = runs;
  expect(ids(await list(api, '?tag=nightly'))).toEqual([third, second, first]);
  expect(ids(await list(api, '?tag=nightly&tag=eu'))).toEqual([third, first]);
  expect(ids(await list(api, '?tag=us'))).toEqual([]);
  expect((await list(api))[0]?.tags).toEqual(['nightly', 'eu']);
});

test('what must not be forgotten, and what makes no sense, is refused and changes nothing', async () => {
  const { api, runs } = await startStocked();
  const newest = runs.at(-1) ?? '';
  const problem = async (body: unknown) => problemOf(await post(api, body));
  expect(await problem({ runs: [newest] })).toEqual({
    status: 409,
    detail: expect.stringContaining(`Run ${newest} is the newest complete one of ${api.root}`),
  });
  expect(await problem({ policy: { last: 0 } })).toEqual({ status: 409, detail: expect.stringContaining('--force') });
  expect(await problem({})).toEqual({ status: 400, detail: expect.stringContaining('policy: give at least one rule') });
  expect(await problem({ policy: { dayly: 7 } })).toEqual({
    status: 400,
    detail: 'The body must be what to forget: policy: "dayly" is not known; did you mean daily?',
  });
  expect(await problem({ policy: { daily: -1 } })).toEqual({
    status: 400,
    detail: expect.stringContaining('policy.daily: must be a whole number from 0'),
  });
  expect((await problem({ runs: ['20200101T000000Z-00000000'] })).status).toBe(404);
  const badTags = await postJson(`${api.url}/api/backups`, JSON.stringify({ root: api.root, tags: ['a b'] }));
  expect(await problemOf(badTags)).toEqual({ status: 400, detail: expect.stringContaining('tags.0: must be') });
  expect(ids(await list(api))).toHaveLength(3);
});

test('it needs the key, before any of the body is read', async () => {
  const api = await startApi({ apiKey: 'a-key-that-is-long-enough' });
  const response = await postJson(`${api.url}/api/backups/forget`, '{');
  expect((await problemOf(response)).status).toBe(401);
});
