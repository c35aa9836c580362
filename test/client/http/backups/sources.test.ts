import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunInfo } from '../../../../src/history/views/run-info.ts';
import { listedSourceSchema, statsRowSchema } from '../../../../src/client/http/backups/sources.ts';
import { sourceStatusSchema } from '../../../../src/client/sources/source-status.ts';
import type { ListedSource } from '../../../../src/client/sources/sources-file.ts';
import type { SourceStatus } from '../../../../src/client/sources/source-status.ts';
import type { SourceStatsRow } from '../../../../src/client/sources/watched-roots.ts';
import { temporaryDirectory, writeTree } from '../../../support/tree.ts';
import { startApi, startWorker, type Api } from '../harness.ts';
import { backUp, follow, problemOf, rowsOf } from './rig.ts';
import { Schedules } from '../../../../src/client/schedules/schedules.ts';

const read = async <T>({ url }: Api, path: string) => (await (await fetch(`${url}/api/backups${path}`)).json()) as T;

async function startWithSources(): Promise<{ api: Api; file: string }> {
  const file = join(await temporaryDirectory(), 'sources.yaml');
  const api = await startApi({ sourcesFile: file });
  await startWorker(api);
  await writeTree(api.root, { 'a.txt': 10, 'd/b.txt': 20 });
  await rm(join(api.root, 'cwd'), { recursive: true, force: true });
  const web = `{root: ${api.root}, schedule: {every: 26w}, notify: {failure: [{webhook: 'https://x.org/secret'}]}}`;
  await writeFile(file, `sources:\n  web: ${web}\n  far: {root: /srv/far, worker: nas, tags: [nightly]}\n`);
  return { api, file };
}

test('sources, status and stats are those of the command line, and as the document says', async () => {
  const { api } = await startWithSources();
  const { runId } = await backUp(api, { prefix: 'web/' });
  await backUp(api, { root: join(api.root, 'd') });

  const sources = await read<ListedSource[]>(api, '/sources');
  expect(sources.map((source) => listedSourceSchema.safeParse(source).error)).toEqual([undefined, undefined]);
  expect(sources.map(({ name, prefix, lastSuccess }) => [name, prefix, lastSuccess === null])).toEqual([
    ['web', 'web/', false],
    ['far', 'far/', true],
  ]);
  expect(JSON.stringify(sources)).not.toContain('secret');

  await new Schedules(api.jobs.client).apply([
    { name: 'web', root: api.root, prefix: 'web/', schedule: { every: 3_600_000 } },
  ]);
  await expect.poll(async () => (await read<SourceStatus[]>(api, '/status'))[0]?.next).toMatch(/Z$/u);
  const statuses = await read<SourceStatus[]>(api, '/status');
  expect(statuses.map((status) => sourceStatusSchema.safeParse(status).error)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(statuses.map(({ source, health, lastSuccess }) => [source, health, lastSuccess?.run])).toEqual([
    ['web', 'ok', runId],
    ['far', 'never', undefined],
    [null, 'ok', expect.any(String)],
  ]);
  await new Schedules(api.jobs.client).apply([]);

  const rows = await rowsOf<SourceStatsRow>(await fetch(`${api.url}/api/backups/stats`));
  expect(rows.map((row) => statsRowSchema.safeParse(row).error)).toEqual(rows.map(() => undefined));
  expect(rows.filter(({ root }) => root !== null).map(({ source, blobBytes }) => [source, blobBytes])).toEqual([
    ['web', 30],
    [null, 20],
  ]);
  const below = await rowsOf<SourceStatsRow>(await fetch(`${api.url}/api/backups/stats?prefix=web/`));
  expect(below.map(({ blobBytes }) => blobBytes)).toEqual([30, 0]);
});

test('?prefix= leads to the runs below it, and what is started there stays there', async () => {
  const { api } = await startWithSources();
  const { runId } = await backUp(api, { prefix: 'web/' });
  expect(await read<RunInfo[]>(api, '')).toEqual([]);
  expect(await read<RunInfo[]>(api, '?prefix=web/')).toMatchObject([{ run: runId }]);
  expect((await fetch(`${api.url}/api/backups/${runId}`)).status).toBe(404);
  expect(await read<RunInfo>(api, `/${runId}?prefix=web/`)).toMatchObject({ state: 'complete', files: 2 });
  expect(await rowsOf(await fetch(`${api.url}/api/backups/latest/ledger?prefix=web/`))).toHaveLength(3);

  const verified = await follow(`${api.url}/api/backups/latest/verifications?prefix=web/`, { deep: true });
  expect(verified).toMatchObject({ runtimeStatus: 'Completed', output: { intact: 2, extra: 0 } });
  const target = join(api.root, 'out');
  const restored = await follow(`${api.url}/api/backups/latest/restores?prefix=web/`, { target });
  expect(restored).toMatchObject({ runtimeStatus: 'Completed', output: { restored: 2 } });
  const { restoreId } = restored.output as { restoreId: string };
  expect((await fetch(`${api.url}/api/restores/${restoreId}/ledger`)).status).toBe(404);
  expect(await rowsOf(await fetch(`${api.url}/api/restores/${restoreId}/ledger?prefix=web/`))).toHaveLength(3);
});

test.each(['web', '../', '.durable-backup/x/', '/', 'a//b/', '%2e%2e/', '\ud800/'])(
  'the prefix %j is refused',
  async (prefix) => {
    const api = await startApi();
    const url = `${api.url}/api/backups`;
    for (const path of ['', '/latest', '/stats']) {
      const { status, detail } = await problemOf(
        await fetch(`${url}${path}?prefix=${encodeURIComponent(prefix.toWellFormed() === prefix ? prefix : '%')}`),
      );
      expect([status, detail]).toEqual([400, expect.stringContaining('prefix: ')]);
    }
    const body = JSON.stringify({ root: api.root, prefix });
    const started = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(await problemOf(started)).toMatchObject({ status: 400, detail: expect.stringContaining('prefix: ') });
  },
);

test('a server with a broken sources file says so, and one without any has no sources', async () => {
  const { api, file } = await startWithSources();
  await writeFile(file, 'sources:\n  web: {rot: /srv}\n');
  for (const path of ['/sources', '/status', '/stats']) {
    const { status, detail } = await problemOf(await fetch(`${api.url}/api/backups${path}`));
    expect([path, status, detail]).toEqual([
      path,
      503,
      expect.stringContaining('sources.yaml:2:9: sources.web: "rot" is not known; did you mean root?'),
    ]);
  }
  const bare = await startApi();
  expect(await read<ListedSource[]>(bare, '/sources')).toEqual([]);
  expect(await read<SourceStatus[]>(bare, '/status')).toEqual([]);
});
