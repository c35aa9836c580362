import { randomUUID } from 'node:crypto';
import { chmod, readFile, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import type { RunInfo } from '../../../../src/history/views/run-info.ts';
import { sealManifest } from '../../../../src/history/records/manifest-checksum.ts';
import { workflowNames } from '../../../../src/contracts/job.ts';
import { failureTypes } from '../../../../src/contracts/failures.ts';
import type { Manifest } from '../../../../src/contracts/manifest.ts';
import type { RestoreSummary } from '../../../../src/contracts/restore.ts';
import type { VerificationSummary } from '../../../../src/contracts/verification.ts';
import { createBlobProxy } from '../../../support/blob-proxy.ts';
import { temporaryDirectory, writeTree } from '../../../support/tree.ts';
import { locationOf, postJson, startApi, startWorker, startedWorkflows, untilEnded, type Api } from '../harness.ts';
import { backUp, blobOf, follow, problemOf, rowsOf, startApiWithSource } from './rig.ts';

let api: Api;
let source: string;

beforeEach(async () => ({ api, source } = await startApiWithSource()));

test('a restore answers like a start, brings the run back, and leaves a ledger', async () => {
  await startWorker(api);
  const { runId } = await backUp(api, { root: source });
  const target = join(api.root, 'target');
  const { name, output } = await follow(`${api.url}/api/backups/latest/restores`, { target, paths: ['d'] });
  const summary = output as RestoreSummary;
  expect([name, summary]).toMatchObject([workflowNames.restore, { runId, target, files: 1, restored: 1 }]);
  expect(await readFile(join(target, 'd/b.txt'))).toEqual(await readFile(join(source, 'd/b.txt')));
  const rows = await rowsOf(await fetch(`${api.url}/api/restores/${summary.restoreId}/ledger`));
  expect(rows.map(({ path, outcome }) => `${outcome} ${path}`)).toEqual(['restored d', 'restored d/b.txt']);
  const wrongKind = await fetch(`${api.url}/api/verifications/${summary.restoreId}/ledger`);
  expect(wrongKind.status).toBe(404);
});

test('a backup that no worker of its name takes up says what it waits for', async () => {
  await startWorker(api);
  const wanted = { root: source, worker: `web-${randomUUID()}`, options: { workerTimeout: 60_000 } };
  const started = await postJson(`${api.url}/api/backups`, JSON.stringify(wanted));
  expect(started.status).toBe(202);
  const { id } = (await started.json()) as { id: string };
  onTestFinished(() => api.jobs.terminate(id).then(() => undefined));
  const status = async () => (await fetch(locationOf(started))).json();
  await expect
    .poll(status)
    .toMatchObject({ runtimeStatus: 'Running', customStatus: { phase: 'opening', waitingFor: wanted.worker } });
});

test('a verification answers like a start, and names what is missing', async () => {
  await startWorker(api);
  const { runId } = await backUp(api, { root: source });
  const url = `${api.url}/api/backups/${runId}/verifications`;
  const waited = await postJson(`${url}?timeout=60&pollingInterval=1`, '{"deep":true}');
  expect([waited.status, await waited.json()]).toMatchObject([200, { intact: 2, readBytes: 30, complete: true }]);
  await blobOf(api, `${source.slice(1)}/a.txt`).delete({ deleteSnapshots: 'include' });
  const { runtimeStatus, customStatus } = await follow(url, {});
  expect(runtimeStatus).toBe('Failed');
  expect(customStatus).toMatchObject({ failures: [{ path: 'a.txt', outcome: 'missing' }] });
  const { verificationId } = (await lastSummary()) as VerificationSummary;
  const rows = await rowsOf(await fetch(`${api.url}/api/verifications/${verificationId}/ledger`));
  expect(rows.filter(({ outcome }) => outcome === 'missing').map(({ path }) => path)).toEqual(['a.txt']);
});

/** The summary in the failure of the newest verification. */
async function lastSummary(): Promise<unknown> {
  for await (const { workflowId } of api.client.workflow.list({ query: `TaskQueue = '${api.config.taskQueue}'` })) {
    const failure = (await api.jobs.status(workflowId))?.failure;
    if (failure?.type === failureTypes.verificationFailed) return failure.details[0];
  }
  throw new Error('no verification has failed');
}

test('retry copies what failed, and says why when there is nothing to be done or nothing to start from', async () => {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  api = await startApi({ connectionString: proxy.connectionString });
  await startWorker(api);
  await writeTree(api.root, { 'a.txt': 10, 'd/b.txt': 20 });
  const accept = proxy.rule(({ method, path }) =>
    method === 'PUT' && path.endsWith('/b.txt') ? { status: 403, code: 'AuthorizationPermissionMismatch' } : undefined,
  );
  const failed = await follow(`${api.url}/api/backups`, { root: api.root });
  expect(failed.runtimeStatus).toBe('Failed');
  const [run] = (await (await fetch(`${api.url}/api/backups`)).json()) as RunInfo[];
  expect(run).toMatchObject({ state: 'incomplete', failed: 1, instanceId: failed.instanceId });

  accept();
  const retry = (name = 'latest') => fetch(`${api.url}/api/backups/${name}/retry`, { method: 'POST' });
  const { body } = await untilEnded(locationOf(await retry()));
  expect(body).toMatchObject({ instanceId: failed.instanceId, output: { runId: run?.run, failed: 0, complete: true } });
  expect(await problemOf(await retry())).toEqual({ status: 409, detail: expect.stringContaining('nothing to retry') });
});

test('a run whose instance Temporal does not know any more is a 410', async () => {
  await startWorker(api);
  const { runId, manifest: address } = await backUp(api, { root: source });
  const blob = blobOf(api, address.slice(address.indexOf('/') + 1));
  const { checksum: _, ...manifest } = JSON.parse(String(await blob.downloadToBuffer())) as Manifest;
  const incomplete = JSON.stringify(sealManifest({ ...manifest, complete: false, failed: 1, instanceId: 'gone' }));
  await blob.upload(incomplete, incomplete.length);
  const problem = await problemOf(await fetch(`${api.url}/api/backups/${runId}/retry`, { method: 'POST' }));
  expect(problem).toEqual({ status: 410, detail: expect.stringContaining(`start a backup of ${source}`) });
});

test('the same restore sent twice with one Idempotency-Key is one, though another run is the latest by then', async () => {
  await startWorker(api);
  await backUp(api, { root: source });
  const send = () =>
    postJson(`${api.url}/api/backups/latest/restores`, JSON.stringify({ dryRun: true }), { 'Idempotency-Key': '"k"' });
  const first = await send();
  await untilEnded(locationOf(first));
  await backUp(api, { root: source });
  expect(locationOf(await send())).toBe(locationOf(first));
});

test('a mirror into a directory full of other things is 400 without force, and changes nothing', async () => {
  await startWorker(api);
  await backUp(api, { root: source, filters: { exclude: ['*.log'] } });
  const target = join(api.root, 'target');
  await writeTree(target, { 'other/thing': 1, 'x.log': 1 });
  const before = await startedWorkflows(api);
  const restores = `${api.url}/api/backups/latest/restores`;
  const { status, detail } = await problemOf(await postJson(restores, JSON.stringify({ target, delete: true })));
  expect([status, detail]).toEqual([400, expect.stringContaining(`delete: ${target} is not empty`)]);
  expect(await startedWorkflows(api)).toBe(before);
  const dry = (await follow(restores, { target, delete: true, dryRun: true })).output as RestoreSummary;
  expect(dry).toMatchObject({ needsForce: true, deleted: 2, kept: 1 });
  const forced = (await follow(restores, { target, delete: true, force: true })).output as RestoreSummary;
  expect(forced).toMatchObject({ restored: 2, deleted: 2, kept: 1 });
  expect(forced).not.toHaveProperty('needsForce');
  // From then on it is known.
  expect((await follow(restores, { target, delete: true })).output).toMatchObject({
    unchanged: 2,
    deleted: 0,
    kept: 1,
  });
});

test('a target outside BACKUP_ROOTS is refused, also through a symlink, and so is one that is not absolute', async () => {
  await startWorker(api);
  await backUp(api, { root: source });
  const before = await startedWorkflows(api);
  const elsewhere = await realpath(await temporaryDirectory());
  await chmod(elsewhere, 0o755);
  await symlink(elsewhere, join(api.root, 'way-out'));
  for (const target of [elsewhere, join(api.root, 'way-out'), `${api.root}/../out`, 'relative', '/']) {
    const body = JSON.stringify({ target });
    const { status } = await problemOf(await postJson(`${api.url}/api/backups/latest/restores`, body));
    expect([target, status]).toEqual([target, 400]);
  }
  expect(await startedWorkflows(api)).toBe(before);
});

test.each([
  ['restores', '{"overwrit":"never"}', '"overwrit" is not known; did you mean overwrite?'],
  ['restores', '{"overwrite":"maybe"}', 'overwrite: '],
  ['restores', '{"paths":[]}', 'paths: must name something'],
  ['restores', '{"paths":"a"}', 'paths: '],
  [
    'restores',
    JSON.stringify({ paths: Array(10).fill('{a,b}'.repeat(9)) }),
    'paths: must not stand for more than 5000 globs in all',
  ],
  ['restores', '{"options":{"windw":3}}', 'options: "windw" is not known; did you mean window?'],
  ['restores', '{"worker":"no spaces"}', 'worker: must be 1 to 64'],
  ['restores', '{"options":{"workerTimeout":999}}', 'options.workerTimeout: '],
  ['restores', '[]', 'must be a restore'],
  ['restores', '{"run":"latest"}', '"run" is not known'],
  ['verifications', '{"sample":0.5}', 'deep: true'],
  ['verifications', '{"deep":true,"sample":0}', 'sample: must be above 0'],
  ['verifications', '{"deep":true,"sample":0.1,"subset":{"number":1,"of":2}}', 'not both'],
  ['verifications', '{"deep":true,"subset":{"number":3,"of":2}}', 'must not be above'],
  ['verifications', 'nonsense', 'not valid JSON'],
])('%s with %s is a 400 that says what is wrong', async (what, body, says) => {
  const url = `${api.url}/api/backups/20200101T000000Z-00000000/${what}`;
  expect(await problemOf(await postJson(url, body))).toEqual({ status: 400, detail: expect.stringContaining(says) });
});

test('a backup takes its wishes, whatever the case of their names, and refuses what it does not know', async () => {
  await startWorker(api);
  const asked = { Root: source, CHECKSUM: true, repair: true, options: { Window: 2 } };
  const { input } = await follow(`${api.url}/api/backups`, asked);
  expect(input).toEqual({ root: source, checksum: true, repair: true, options: { window: 2 } });
  const refused = await postJson(`${api.url}/api/backups`, JSON.stringify({ root: source, cheksum: true }));
  expect(await problemOf(refused)).toEqual({ status: 400, detail: expect.stringContaining('did you mean checksum?') });
});

test('starting needs the key', async () => {
  const keyed = await startApi({ apiKey: 'k3y-of-4711-0815' });
  for (const path of ['', '/latest/retry', '/latest/restores', '/latest/verifications']) {
    expect((await postJson(`${keyed.url}/api/backups${path}`, '{}')).status).toBe(401);
  }
});
