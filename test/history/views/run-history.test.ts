import { expect, test } from 'vitest';
import { Backups } from '../../../src/history/views/backups.ts';
import { addFailedBackup } from '../../../src/history/runs/failed-backups.ts';
import { markForgotten } from '../../../src/history/runs/forgotten.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { fileEntry, forgeRun } from '../records/rig.ts';
import { openRig, signal, type Rig } from '../../storage/rig.ts';

const [first, second, third] = ['20261121T061001Z-00000001', '20261121T061002Z-00000002', '20261121T061003Z-00000003'];
const whole = [[fileEntry('a'), fileEntry('b')]];
const broken = [[fileEntry('a'), fileEntry('b', { outcome: 'failed' })]];
const endOf = (minute: number) => ({ finishedAt: `2026-11-21T06:${minute}:00.000Z` });
const at = (minute: number) => Date.parse(`2026-11-21T06:${minute}:00.000Z`);

/** The names of the blobs that `look` reads. */
async function readBy(rig: Rig, look: () => Promise<unknown>): Promise<string[]> {
  const read: string[] = [];
  rig.proxy.rule(({ method, path, query }) => {
    if (method === 'GET' && !query.has('comp')) read.push(path);
    return undefined;
  });
  await look();
  return read;
}

test('the last success of a directory outlasts runs that failed after it', async () => {
  const rig = await openRig();
  const backups = new Backups({ store: rig.store, prefix: '' });
  expect(await backups.history(signal)).toEqual([]);
  await forgeRun(rig.direct, { id: first, shards: whole, manifest: endOf(20) });
  await forgeRun(rig.direct, { id: second, shards: broken, manifest: endOf(30) });
  await forgeRun(rig.direct, { id: third, shards: broken, manifest: { ...endOf(40), root: '/etc' } });
  const failed = { complete: false, suspect: false, files: 1, bytes: 1, failed: 1 };
  expect(await backups.history(signal)).toEqual([
    { prefix: '', root: '/etc', failedBackups: 0, last: { run: third, endedAt: at(40), ...failed } },
    {
      prefix: '',
      root: '/srv',
      failedBackups: 0,
      succeededAt: at(20),
      last: { run: second, endedAt: at(30), ...failed },
    },
  ]);
});

test('a run that was incomplete counts once it is completed, and one that had not ended once it has', async () => {
  const rig = await openRig();
  const backups = new Backups({ store: rig.store, prefix: '' });
  await forgeRun(rig.direct, { id: first, shards: broken, manifest: endOf(20) });
  await rig.direct.put(runLayout({ prefix: '', id: second }).page(0), Buffer.from('{}\n'), { signal });
  expect(await backups.history(signal)).toMatchObject([{ last: { run: first, complete: false } }]);
  await forgeRun(rig.direct, { id: first, shards: whole, manifest: endOf(30) });
  expect(await backups.history(signal)).toMatchObject([{ succeededAt: at(30), last: { run: first, complete: true } }]);
  await forgeRun(rig.direct, { id: second, shards: whole, manifest: endOf(40) });
  expect(await backups.history(signal)).toMatchObject([{ succeededAt: at(40), last: { run: second } }]);
});

test('what was forgotten counts no more, and a directory of which nothing is left is not spoken of', async () => {
  const rig = await openRig();
  const backups = new Backups({ store: rig.store, prefix: '' });
  const forget = (id: string) => markForgotten(rig.direct, { prefix: '', id }, { at: 'now', reason: 'test' }, signal);
  await forgeRun(rig.direct, { id: first, shards: whole, manifest: endOf(20) });
  await forgeRun(rig.direct, { id: second, shards: whole, manifest: endOf(30) });
  await forget(second);
  expect(await backups.history(signal)).toMatchObject([{ succeededAt: at(20), last: { run: first } }]);
  await forget(first);
  expect(await backups.history(signal)).toEqual([]);
});

test('what cannot change any more is read once', async () => {
  const rig = await openRig();
  const backups = new Backups({ store: rig.store, prefix: '' });
  await forgeRun(rig.direct, { id: first, shards: broken, manifest: endOf(20) });
  await forgeRun(rig.direct, { id: second, shards: whole, manifest: endOf(30) });
  expect(await readBy(rig, () => backups.history(signal))).toHaveLength(2);
  expect(await readBy(rig, () => backups.history(signal))).toEqual([]);
  await forgeRun(rig.direct, { id: third, shards: broken, manifest: endOf(40) });
  const read = await readBy(rig, () => backups.history(signal));
  expect(read.map((path) => path.split('/').at(-2))).toEqual([third]);
});

test('a suspect run is no success until it is accepted, however many came after it', async () => {
  const rig = await openRig();
  const backups = new Backups({ store: rig.store, prefix: '' });
  const suspect = { since: first, files: 2, lost: 2, reasons: ['it holds no file'] };
  await forgeRun(rig.direct, { id: first, shards: whole, manifest: endOf(20) });
  await forgeRun(rig.direct, { id: second, manifest: { ...endOf(30), suspect } });
  await forgeRun(rig.direct, { id: third, manifest: { ...endOf(40), suspect } });
  expect(await backups.history(signal)).toMatchObject([
    { succeededAt: at(20), last: { run: third, complete: true, suspect: true } },
  ]);
  await backups.accept(second, signal);
  expect(await backups.history(signal)).toMatchObject([{ succeededAt: at(30), last: { run: third, suspect: true } }]);
  await backups.accept(third, signal);
  expect(await backups.history(signal)).toMatchObject([{ succeededAt: at(40), last: { run: third, suspect: false } }]);
});

test('backups that made no run are counted since the last success', async () => {
  const rig = await openRig();
  const backups = new Backups({ store: rig.store, prefix: '' });
  const fail = (execution: string, minute: number) =>
    addFailedBackup(
      rig.direct,
      { prefix: '', root: '/srv' },
      {
        at: new Date(at(minute)).toISOString(),
        instanceId: 'nightly',
        execution,
        type: 'RootNotFound',
        message: 'gone',
      },
      signal,
    );
  await forgeRun(rig.direct, { id: first, shards: whole, manifest: endOf(20) });
  await fail('a', 10);
  await fail('b', 21);
  await fail('b', 21);
  await fail('c', 22);
  expect(await backups.history(signal)).toMatchObject([{ root: '/srv', failedBackups: 2 }]);
  const { failedBackups } = await backups.newest('/srv', signal);
  expect(failedBackups.map(({ execution }) => execution)).toEqual(['b', 'c']);
  await forgeRun(rig.direct, { id: second, shards: whole, manifest: endOf(30) });
  expect(await backups.history(signal)).toMatchObject([{ failedBackups: 0 }]);
});
