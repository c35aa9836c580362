import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunInfo } from '../../../../src/history/views/run-info.ts';
import { ledgerRowSchema } from '../../../../src/history/views/read-report-rows.ts';
import { runInfoSchema } from '../../../../src/history/views/run-info.ts';
import type { Manifest } from '../../../../src/contracts/manifest.ts';
import { writeTree } from '../../../support/tree.ts';
import { startApi, startWorker, type Api } from '../harness.ts';
import { backUp, blobOf, problemOf, rowsOf } from './rig.ts';

async function startStocked(): Promise<Api> {
  const api = await startApi();
  await startWorker(api);
  await writeTree(api.root, { 'a.txt': 10, 'd/b.txt': 20 });
  await rm(join(api.root, 'cwd'), { recursive: true, force: true });
  return api;
}

test('the list of runs is paged, newest first, and filtered by root', async () => {
  const api = await startStocked();
  const list = `${api.url}/api/backups`;
  expect(await (await fetch(list)).json()).toEqual([]);
  const first = await backUp(api);
  const second = await backUp(api);
  const other = await backUp(api, { root: join(api.root, 'd') });
  const whole = (await (await fetch(list)).json()) as RunInfo[];
  expect(whole.map(({ run }) => run).toSorted()).toEqual([first, second, other].map(({ runId }) => runId).toSorted());
  expect(whole.map((run) => runInfoSchema.safeParse(run).error)).toEqual(whole.map(() => undefined));
  expect(whole.find(({ run }) => run === first.runId)).toMatchObject({
    state: 'complete',
    files: 2,
    bytes: 30,
    root: api.root,
  });

  const page = await fetch(`${list}?top=1`);
  const token = page.headers.get('x-ms-continuation-token') ?? '';
  expect(await page.json()).toEqual(whole.slice(0, 1));
  const rest = await fetch(list, { headers: { 'x-ms-continuation-token': token } });
  expect([rest.headers.get('x-ms-continuation-token'), await rest.json()]).toEqual([null, whole.slice(1)]);
  const filtered = await fetch(`${list}?root=${encodeURIComponent(other.root)}`);
  expect(await filtered.json()).toEqual(whole.filter(({ root }) => root === other.root));
  const wrong = await fetch(list, { headers: { 'x-ms-continuation-token': '../x' } });
  expect((await problemOf(wrong)).status).toBe(400);
});

test('a run is told of by its id or its beginning, as the latest, by time and by date, and its ledger is streamed', async () => {
  const api = await startStocked();
  const { runId } = await backUp(api);
  const later = new Date(Date.now() + 60_000).toISOString();
  for (const name of [runId, 'latest', later, runId.slice(0, -1), later.slice(0, 10)]) {
    const run = (await (await fetch(`${api.url}/api/backups/${name}`)).json()) as RunInfo;
    expect(run).toMatchObject({ run: runId, state: 'complete' });
    const ledger = await fetch(`${api.url}/api/backups/${name}/ledger?root=${encodeURIComponent(api.root)}`);
    expect([ledger.status, ledger.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const rows = await rowsOf(ledger);
    expect(rows.map(({ path, outcome }) => `${outcome} ${path}`)).toEqual([
      'uploaded a.txt',
      'recorded d',
      'uploaded d/b.txt',
    ]);
    for (const row of rows) expect(ledgerRowSchema.safeParse(row).error).toBeUndefined();
  }
});

test('what there is not, or cannot be named, is a 404 that says what there is', async () => {
  const api = await startStocked();
  const nothing = await problemOf(await fetch(`${api.url}/api/backups/latest`));
  expect(nothing.status).toBe(404);
  const { runId } = await backUp(api);
  await backUp(api, { root: join(api.root, 'd') });
  const cases = [
    { path: 'backups/20200101T000000Z-00000000/ledger', says: runId },
    { path: 'backups/nonsense', says: "give a run's id or an unambiguous beginning of it, latest" },
    { path: `backups/${runId.slice(0, 4)}/entries`, says: 'is the beginning of 2 ids' },
    { path: 'backups/latest', says: join(api.root, 'd') },
    { path: 'backups/latest?root=/elsewhere', says: '/elsewhere' },
    { path: 'restores/20200101T000000Z-00000000/ledger', says: 'restoreId' },
    { path: 'verifications/nonsense/ledger', says: 'nonsense' },
  ];
  for (const { path, says } of cases) {
    const problem = await problemOf(await fetch(`${api.url}/api/${path}`));
    expect([path, problem]).toEqual([path, { status: 404, detail: expect.stringContaining(says) }]);
  }
});

test('an altered manifest is a 409, and shows as unreadable in the list', async () => {
  const api = await startStocked();
  const { runId, manifest: address } = await backUp(api);
  const blob = blobOf(api, address.slice(address.indexOf('/') + 1));
  const manifest = JSON.parse(String(await blob.downloadToBuffer())) as Manifest;
  const altered = JSON.stringify({ ...manifest, files: manifest.files + 1 });
  await blob.upload(altered, altered.length);
  const problem = await problemOf(await fetch(`${api.url}/api/backups/${runId}/ledger`));
  expect(problem).toEqual({ status: 409, detail: expect.stringContaining('checksum') });
  const [run] = (await (await fetch(`${api.url}/api/backups`)).json()) as RunInfo[];
  expect(run).toMatchObject({ run: runId, state: 'unreadable', reason: expect.stringContaining('checksum') });
});

test('a ledger that turns out to be damaged midway breaks the connection', async () => {
  const api = await startStocked();
  await writeTree(api.root, Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`f${at}`, 0])));
  const { manifest: address } = await backUp(api, { options: { pageEntries: 300 } });
  const manifest = JSON.parse(
    String(await blobOf(api, address.slice(address.indexOf('/') + 1)).downloadToBuffer()),
  ) as Manifest;
  expect(manifest.shards.length).toBeGreaterThan(1);
  await blobOf(api, manifest.shards.at(-1)?.blob ?? '').upload('damaged', 7);
  const response = await fetch(`${api.url}/api/backups/latest/ledger`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
});

test('reading needs the key, and a server without a storage account says so', async () => {
  const keyed = await startApi({ apiKey: 'k3y-of-4711-0815' });
  for (const path of ['backups', 'backups/latest', 'backups/latest/ledger', 'restores/x/ledger']) {
    expect((await fetch(`${keyed.url}/api/${path}`)).status).toBe(401);
  }
  expect((await fetch(`${keyed.url}/api/backups?code=k3y-of-4711-0815`)).status).toBe(200);
  const unstocked = await startApi({ storage: false });
  const problem = await problemOf(await fetch(`${unstocked.url}/api/backups`));
  expect(problem).toEqual({ status: 501, detail: expect.stringContaining('AZURE_STORAGE_CONNECTION_STRING') });
});
