import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { jobLayout } from '../../../src/storage/run-layout.ts';
import type { SeenRequest } from '../../support/blob-proxy.ts';
import { content, writeTree } from '../../support/tree.ts';
import { blobBytes, environmentOf, mebibyte, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { backUpRun, ledger, openDeep, outcomes, overwrite, verify, verifyAgain } from './rig.ts';

/** Requests that download a file. */
function reads({ root }: Rig, path = ''): (request: SeenRequest) => boolean {
  return (request) => request.method === 'GET' && request.path.includes(`${root}/${path}`);
}

function flipLast(bytes: Buffer): Buffer {
  const last = bytes.length - 1;
  return Buffer.concat([bytes.subarray(0, last), Buffer.from([(bytes[last] ?? 0) ^ 1])]);
}

test('files of every size are read to their ends and found intact', async () => {
  const rig = await openRig();
  const sizes = [0, 1, 8 * mebibyte, 8 * mebibyte + 1, 33 * mebibyte];
  await writeTree(rig.root, Object.fromEntries(sizes.map((size) => [`size-${size}`, size])));
  await backUpRun(rig);
  const bytes = sizes.reduce((a, b) => a + b);
  const { tally, rows } = await verify(rig, { deep: true });
  expect(tally).toMatchObject({ files: 5, bytes, intact: 5, readBytes: bytes, failed: 0 });
  expect(rows.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
});

test('a flipped bit is found under a new etag with the old metadata, and under the old etag', async () => {
  const rig = await openRig();
  const large = 20 * mebibyte;
  await writeTree(rig.root, { fine: 10, replaced: 10, rotten: 10, 'rotten-large': large });
  await backUpRun(rig);
  const other = flipLast(content(10, 1));
  await overwrite(rig, nameOf(rig, 'replaced'), other, true);
  const isRotten = reads(rig, 'rotten');
  rig.proxy.rule((request) => (isRotten(request) ? { tamperAnswer: flipLast } : undefined));
  expect((await verify(rig)).tally.intact).toBe(4);
  const { tally, rows } = await verify(rig, { deep: true });
  expect(tally).toMatchObject({ intact: 1, corrupt: 3, failed: 3, readBytes: 30 + large });
  expect(rows.map(({ path, outcome, attempts }) => [path, outcome, attempts])).toEqual([
    ['fine', 'intact', 1],
    ['replaced', 'corrupt', 2],
    ['rotten', 'corrupt', 2],
    ['rotten-large', 'corrupt', 2],
  ]);
  expect(rows[1]?.reason).toMatch(/^its content has the SHA-256 [0-9a-f]{64} instead of [0-9a-f]{64}$/u);
});

test('what was damaged on the way once is read again and intact', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  let flips = 1;
  const isRead = reads(rig);
  rig.proxy.rule((request) => (isRead(request) && flips-- > 0 ? { tamperAnswer: flipLast } : undefined));
  const { rows } = await verify(rig, { deep: true });
  expect(rows).toMatchObject([{ outcome: 'intact', attempts: 2 }]);
});

test('what the listing shows missing or corrupt is told without reading it', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { gone: 10, other: 10, stays: 10 });
  await backUpRun(rig);
  await rig.container.deleteBlob(nameOf(rig, 'gone'));
  await overwrite(rig, nameOf(rig, 'other'), Buffer.from('x'));
  const from = rig.proxy.requests.length;
  const { rows, tally } = await verify(rig, { deep: true });
  expect(rows.map(({ path, outcome, attempts }) => [path, outcome, attempts])).toEqual([
    ['gone', 'missing', 0],
    ['other', 'corrupt', 0],
    ['stays', 'intact', 1],
  ]);
  expect(tally.readBytes).toBe(10);
  const read = rig.proxy.requests.slice(from).filter(reads(rig));
  expect(read.map(({ path }) => path.split('/').at(-1))).toEqual(['stays']);
});

test('a run whose content a later run has overwritten is read from the snapshots', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000, large: 9 * mebibyte });
  await backUpRun(rig);
  await writeTree(rig.root, { large: 9 * mebibyte, a: 1000 });
  await backUpRun(rig, '20260103T030405Z-0123abcd');
  const from = rig.proxy.requests.length;
  expect((await verify(rig, { deep: true })).tally).toMatchObject({ intact: 2, readBytes: 1000 + 9 * mebibyte });
  const snapshots = rig.proxy.requests
    .slice(from)
    .filter(reads(rig))
    .map(({ query }) => query.has('snapshot'));
  expect(snapshots).toEqual([true, true, true]);
});

test.each([
  ['kept as a snapshot, is intact', true, 'intact'],
  ['lost, is corrupt', false, 'corrupt'],
])('content that is overwritten while it is read and is %s', async (_, keep, outcome) => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000 });
  await backUpRun(rig);
  const { verification, copies } = await openDeep(rig);
  const [copy] = copies;
  if (!copy) throw new Error('nothing to read');
  const held = rig.proxy.hold(reads(rig));
  const verifying = perform(rig.activities.verifyFiles, [verification, copy]);
  await held.reached;
  const blob = rig.container.getBlockBlobClient(nameOf(rig, 'a'));
  if (keep) await blob.createSnapshot();
  await blob.upload('other', 5);
  held.release();
  await verifying;
  await perform(rig.activities.sealVerificationPage, [verification, 0, []]);
  expect(outcomes({ rows: await ledger(rig, verification) })).toEqual({ a: outcome });
});

test('storage that is away fails the activity, to be tried again, until the last attempt tells it of the file', async () => {
  const rig = await openRig({ smallTreeFiles: 0, copyAttempts: 2 });
  await writeTree(rig.root, { a: 10, b: 20, large: 9 * mebibyte });
  await backUpRun(rig);
  const { verification, copies } = await openDeep(rig);
  const [copy] = copies;
  if (!copy) throw new Error('nothing to read');
  const isRead = reads(rig, 'a');
  const remove = rig.proxy.rule((request) => (isRead(request) ? { status: 503 } : undefined));
  const first = perform(rig.activities.verifyFiles, [verification, copy]);
  await expect(first).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
  const last = await perform(rig.activities.verifyFiles, [verification, copy], { attempt: 2 });
  const result = { files: 2, bytes: 20 + 9 * mebibyte, failed: 1 };
  expect(last).toEqual({ ...result, transferred: result.bytes });
  const taking = rig.deps.memory.take(Infinity, AbortSignal.timeout(10_000));
  expect(await Promise.race([taking.then(() => 'free'), tick('held')])).toBe('free');

  remove();
  const from = rig.proxy.requests.length;
  expect(await perform(rig.activities.verifyFiles, [verification, copy], { attempt: 2 })).toEqual(result);
  expect(rig.proxy.requests.slice(from).filter(reads(rig))).toEqual([]);
  const { tally, failures } = await perform(rig.activities.sealVerificationPage, [verification, 0, []]);
  expect(tally).toMatchObject({ intact: 2, missing: 0, corrupt: 0, failed: 1 });
  expect(failures).toMatchObject([{ path: 'a', outcome: 'failed', reason: expect.stringContaining('503') }]);
});

test('a file that storage refuses to give is a failure at once, and the others are read', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 10, b: 20 });
  await backUpRun(rig);
  const isRead = reads(rig, 'a');
  rig.proxy.rule((request) => (isRead(request) ? { status: 403, code: 'AuthorizationFailure' } : undefined));
  const { rows } = await verify(rig, { deep: true });
  expect(rows).toMatchObject([
    { path: 'a', outcome: 'failed', reason: expect.stringContaining('403 AuthorizationFailure') },
    { path: 'b', outcome: 'intact' },
  ]);
});

test('the files of a copy that gave up are failures with its reason', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10, b: 20 });
  await backUpRun(rig);
  const { verification, copies } = await openDeep(rig);
  const [, copy] = copies;
  if (!copy) throw new Error('nothing to read');
  await perform(rig.activities.verifyFiles, [verification, copy]);
  const gaveUp = [{ number: 0, reason: 'no worker' }];
  const { tally } = await perform(rig.activities.sealVerificationPage, [verification, 0, gaveUp]);
  expect(tally).toMatchObject({ files: 2, intact: 1, failed: 1 });
  expect(await ledger(rig, verification)).toMatchObject([
    { path: 'a', outcome: 'failed', reason: 'no worker' },
    { path: 'b', outcome: 'intact' },
  ]);
});

test('a cancelled verification ends while storage is silent', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  const { verification, copies } = await openDeep(rig);
  const held = rig.proxy.hold(reads(rig));
  const environment = environmentOf();
  const [copy] = copies;
  if (!copy) throw new Error('nothing to read');
  const verifying = environment.run(rig.activities.verifyFiles, verification, copy);
  await held.reached;
  environment.cancel();
  await expect(verifying).rejects.toBeInstanceOf(CancelledFailure);
  held.release();
});

test.each([true, false])('a rewind looks again at what failed, and at nothing else (deep: %s)', async (deep) => {
  const rig = await openRig({ pageEntries: 2, smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 10, b: 10, c: 10, d: 10 });
  await backUpRun(rig);
  for (const path of ['b', 'd']) await rig.container.deleteBlob(nameOf(rig, path));
  const first = await verify(rig, { deep });
  expect(outcomes(first)).toEqual({ a: 'intact', b: 'missing', c: 'intact', d: 'missing' });
  await rig.container.getBlockBlobClient(nameOf(rig, 'b')).upload(content(10, 1), 10, {
    metadata: { sha256: first.rows[1]?.sha256 ?? '' },
  });
  const from = rig.proxy.requests.length;
  const second = await verifyAgain(rig, first);
  expect(outcomes(second)).toEqual({ a: 'intact', b: 'intact', c: 'intact', d: 'missing' });
  expect(second.tally).toMatchObject({ files: 4, bytes: 40, intact: 3, missing: 1, failed: 1 });
  expect(second.report).toMatchObject({ tally: second.tally, complete: false });
  const asked = rig.proxy.requests.slice(from).flatMap(({ path }) => (path.includes(rig.root) ? path.at(-1) : []));
  expect(new Set(asked)).toEqual(new Set(['b', 'd']));

  await writeFile(join(rig.root, 'd'), content(10, 3));
  await backUpRun(rig, '20260103T030405Z-0123abcd');
  const third = await verifyAgain(rig, second);
  expect(third.report).toMatchObject({ complete: true, tally: { intact: 4, failed: 0 } });
  expect((await verifyAgain(rig, third)).report).toEqual(third.report);
});

test('a report that cannot be read gives way to the one that is written now', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  const { verification } = await openDeep(rig);
  const name = jobLayout('verifications', verification).manifest;
  await rig.container.getBlockBlobClient(name).upload('{', 1);
  const times = { startedAt: '2026-01-02T03:04:05Z', finishedAt: '2026-01-02T03:04:06Z' };
  await perform(rig.activities.commitVerification, [verification, times]);
  expect(JSON.parse((await blobBytes(rig, name)).toString())).toMatchObject({
    verification: verification.id,
    ...times,
  });
});
