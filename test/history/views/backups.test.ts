import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { Backups } from '../../../src/history/views/backups.ts';
import type { RunFilter } from '../../../src/history/views/list-run-infos.ts';
import { openBlobStore } from '../../../src/storage/open-blob-store.ts';
import { jobLayout, runLayout } from '../../../src/storage/run-layout.ts';
import { toNdjson } from '../../../src/storage/ndjson.ts';
import { fileEntry, folderEntry, forgeRun, sha256 } from '../records/rig.ts';
import { newContainer, openRig, signal, type Rig } from '../../storage/rig.ts';

const [first, second, third] = ['20261121T061001Z-00000001', '20261121T061002Z-00000002', '20261121T061003Z-00000003'];

let rig: Rig;
let backups: Backups;

beforeEach(async () => {
  rig = await openRig();
  backups = new Backups({ store: rig.store, prefix: '' });
});

const list = (filter: RunFilter = {}) => Array.fromAsync(backups.runs(filter, signal));

test('the history tells how each run stands, whatever is wrong with its manifest', async () => {
  await forgeRun(rig.direct, { id: first, shards: [[fileEntry('a'), fileEntry('b', { outcome: 'failed' })]] });
  await rig.direct.put(runLayout({ prefix: '', id: second }).page(0), Buffer.from('{}\n'), { signal });
  await rig.direct.put(runLayout({ prefix: '', id: third }).manifest, Buffer.from('{}'), { signal });
  expect(await list()).toEqual([
    { run: third, state: 'unreadable', startedAt: '2026-11-21T06:10:03Z', reason: expect.stringContaining('manifest') },
    { run: second, state: 'unfinished', startedAt: '2026-11-21T06:10:02Z' },
    {
      run: first,
      state: 'incomplete',
      startedAt: '2026-11-21T06:10:03.000Z',
      finishedAt: '2026-11-21T06:11:00.000Z',
      durationMs: 57_000,
      files: 1,
      bytes: 1,
      failed: 1,
      skipped: 0,
      root: '/srv',
      instanceId: 'nightly',
    },
  ]);
  expect((await list({ before: second })).map(({ run }) => run)).toEqual([first]);
  expect((await list({ root: '/srv' })).map(({ run }) => run)).toEqual([first]);
  expect(await list({ root: '/etc' })).toEqual([]);
});

test('the latest run is the latest complete one, unless incomplete ones may be meant too', async () => {
  await forgeRun(rig.direct, { id: first, shards: [[fileEntry('a')]] });
  await forgeRun(rig.direct, { id: second, shards: [[fileEntry('a', { outcome: 'failed' })]] });
  const find = async (incompleteToo: boolean) =>
    (await backups.find({ run: 'latest', incompleteToo }, signal)).manifest.run;
  expect([await find(false), await find(true)]).toEqual([first, second]);
});

test('the id of an instance means the newest run that it left, and a damaged manifest does not hide it', async () => {
  await forgeRun(rig.direct, { id: first, manifest: { instanceId: 'other' } });
  await forgeRun(rig.direct, { id: second });
  await rig.direct.put(runLayout({ prefix: '', id: third }).manifest, Buffer.from('{}'), { signal });
  expect((await backups.find({ run: 'nightly' }, signal)).manifest.run).toBe(second);
  expect((await backups.find({ run: 'other', root: '/srv' }, signal)).manifest.run).toBe(first);
  const elsewhere = backups.find({ run: 'other', root: '/etc' }, signal);
  await expect(elsewhere).rejects.toMatchObject({ type: 'RunNotFound', message: expect.stringContaining('of /etc') });
});

test('the ledger of a run names every path, exactly and for people', async () => {
  await forgeRun(rig.direct, { shards: [[fileEntry('a%01b', { attempts: 2, reason: 'r' })], [folderEntry('d')]] });
  const rows = await Array.fromAsync(backups.ledger(await backups.find({ run: 'latest' }, signal), signal));
  expect(rows).toEqual([
    {
      path: 'a\u0001b',
      encodedPath: 'a%01b',
      kind: 'file',
      outcome: 'uploaded',
      attempts: 2,
      bytes: 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
      reason: 'r',
    },
    { path: 'd', encodedPath: 'd', kind: 'directory', outcome: 'recorded', attempts: 0 },
  ]);
});

/** Writes what a restore leaves, and returns its id. */
async function leaveRestore(rows: readonly object[], shardSha256?: string): Promise<string> {
  const layout = jobLayout('restores', { prefix: '', id: first });
  const shard = gzipSync(toNdjson(rows));
  await rig.direct.put(layout.shard(0), shard, { signal, metadata: { sha256: shardSha256 ?? sha256(shard) } });
  await rig.direct.put(layout.manifest, Buffer.from('{}'), { signal });
  return first;
}

test('the ledger of a restore is found by its id', async () => {
  const id = await leaveRestore([{ path: 'a', kind: 'file', outcome: 'restored', size: 3, unheardOf: true }]);
  const rows = await Array.fromAsync((await backups.jobLedger(id, signal)) ?? []);
  expect(await backups.jobLedger('latest', signal)).toBeUndefined();
  expect(rows).toEqual([{ path: 'a', encodedPath: 'a', kind: 'file', outcome: 'restored', bytes: 3 }]);
});

test.each([
  ['a shard that is another', [{ path: 'a', outcome: 'restored' }], '0'.repeat(64)],
  ['a line that is no row', [{ path: 1, outcome: 'restored' }], undefined],
])('of a ledger with %s nothing is told', async (_, rows, hash) => {
  const id = await leaveRestore(rows, hash);
  const read = Array.fromAsync(backups.reportLedger({ kind: 'restores', id }, signal));
  await expect(read).rejects.toMatchObject({ type: 'ManifestInvalid' });
});

test('a restore that has not ended has no ledger', async () => {
  const read = Array.fromAsync(backups.reportLedger({ kind: 'restores', id: first }, signal));
  await expect(read).rejects.toMatchObject({ type: 'RunNotFound', message: expect.stringContaining('restoreId') });
});

test('where nothing was backed up there is no run, and the address is told', async () => {
  const connectionString = rig.proxy.connectionString;
  const store = openBlobStore({ connectionString }, newContainer());
  const empty = new Backups({ store, prefix: '' });
  expect(await Array.fromAsync(empty.runs({}, signal))).toEqual([]);
  await expect(empty.find({ run: 'latest' }, signal)).rejects.toMatchObject({
    type: 'RunNotFound',
    message: expect.stringContaining(store.url),
  });
});

test.each([
  [403, 'AuthorizationFailure', 'StorageRefused', 'refuses the account key'],
  [503, 'ServerBusy', 'StorageUnavailable', 'does not answer'],
])('storage that answers %d is an expected error', async (status, code, type, says) => {
  await forgeRun(rig.direct, {});
  rig.proxy.rule(() => ({ status, code }));
  const message = expect.stringContaining(says);
  await expect(list()).rejects.toMatchObject({ name: 'ExpectedError', type, message });
  await expect(backups.find({ run: 'latest' }, signal)).rejects.toMatchObject({ name: 'ExpectedError', type });
});
