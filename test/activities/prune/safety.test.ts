import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { requireGood } from '../../../src/activities/prune/plan-prune.ts';
import { sealForgotten } from '../../../src/activities/prune/forget-runs.ts';
import { BlobStoreError, type BlobStore } from '../../../src/storage/blob-store.ts';
import { forgottenBlob, pruningBlob, runningBlob, runLayout } from '../../../src/storage/run-layout.ts';
import { leftoversIn, versionsIn } from '../../support/leftovers.ts';
import { blobBytes, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { overwrite } from '../verify/rig.ts';
import {
  asker,
  files,
  forget,
  opening,
  openPrune,
  pruneAll,
  runId,
  signal,
  sweepAll,
  twoRuns,
  whileRunning,
} from './rig.ts';

const damages: Record<string, (rig: Rig) => Promise<unknown>> = {
  'a manifest that is cut short': async (rig) => {
    const name = runLayout({ prefix: '', id: runId(2) }).manifest;
    await overwrite(rig, name, (await blobBytes(rig, name)).subarray(0, -20), true);
  },
  'a manifest of a later format': async (rig) => {
    const name = runLayout({ prefix: '', id: runId(2) }).manifest;
    const manifest = JSON.parse((await blobBytes(rig, name)).toString()) as object;
    await overwrite(rig, name, Buffer.from(JSON.stringify({ ...manifest, format: 2 })), true);
  },
  'a shard that is gone': async (rig) => {
    await rig.container.getBlobClient(runLayout({ prefix: '', id: runId(2) }).shard(0)).delete();
  },
  'a shard of other entries': async (rig) => {
    await overwrite(rig, runLayout({ prefix: '', id: runId(2) }).shard(0), gzipSync(''), true);
  },
  'a blob of a kept run that is gone': async (rig) => {
    await rig.container.getBlobClient(nameOf(rig, 'a')).delete({ deleteSnapshots: 'include' });
  },
  'a mark of a backup that cannot be read': async (rig) => {
    await rig.container.getBlockBlobClient(runningBlob('', '/srv')).upload('?', 1);
  },
  'a mark of a prune that cannot be read': async (rig) => {
    await rig.container.getBlockBlobClient(pruningBlob('')).upload('{"format":2}', 12);
  },
};

test.each(Object.entries(damages))('%s: nothing is deleted', async (_, damage) => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1));
  await damage(rig);
  const before = await files(rig);
  await expect(pruneAll(rig)).rejects.toMatchObject({
    type: expect.stringMatching(/^(?:PruneRefused|ManifestInvalid|ManifestTooNew)$/u),
    nonRetryable: true,
  });
  expect(await files(rig)).toEqual(before);
});

test('a forgotten run may be as damaged as it likes', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1));
  const { manifest, shard } = runLayout({ prefix: '', id: runId(1) });
  await overwrite(rig, manifest, Buffer.from('?'));
  await rig.container.getBlobClient(shard(0)).delete();
  expect((await pruneAll(rig)).swept).toMatchObject({ deleted: 2 });
  expect(await leftoversIn(rig.container.containerName, [runId(2)])).toMatchObject({
    files: [],
    data: [],
    missing: [],
  });
});

test('what another host owns is not pruned', async () => {
  const rig = await openRig();
  await opening(rig, 'nightly');
  const deps = { ...rig.deps, host: 'web-2' };
  const other = { ...rig, deps, activities: createActivities(deps) };
  await expect(openPrune(other)).rejects.toMatchObject({ type: 'OwnedByAnother', nonRetryable: true });
});

test('of two prunes at once the later one is told of the other, and takes its place once that has ended', async () => {
  const rig = await openRig();
  const first = asker();
  const prune = await openPrune(rig, {}, first);
  expect(await openPrune(rig, {}, first)).toMatchObject({ prefix: '' });
  const busy = whileRunning(rig, first.workflowId);
  await expect(openPrune(busy)).rejects.toMatchObject({
    type: 'PruneRunning',
    nonRetryable: true,
    message: expect.stringContaining(`by instance ${first.workflowId}: wait for it to end`),
  });
  await openPrune(busy, { dryRun: true });
  await openPrune(rig);
  await expect(perform(rig.activities.planPrune, [prune])).rejects.toMatchObject({ type: 'PruneRefused' });
});

test.each([
  [{ prefix: '../x/' }, 'prefix: '],
  [{ prefix: 7 }, 'prefix: '],
  [{ dryRun: 'yes' }, 'dryRun: must be true or false'],
  [{ patience: -1 }, 'patience: must be a whole number'],
  [{ options: { window: 0 } }, 'options.window: '],
])('%j is no input', async (input, message) => {
  const rig = await openRig();
  await expect(openPrune(rig, input as object)).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining(message),
  });
  expect(await versionsIn(rig.container)).toEqual([]);
});

test('a prune that ends early leaves nothing of its own, and lets the next one begin', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const first = asker();
  const prune = await openPrune(rig, {}, first);
  await perform(rig.activities.planPrune, [prune]);
  await perform(rig.activities.releasePrune, [prune]);
  await perform(rig.activities.releasePrune, [prune]);
  expect(await rig.deps.store.properties(pruningBlob(''), signal)).toBeUndefined();
  expect((await versionsIn(rig.container)).filter(({ name }) => name.includes('/prunes/'))).toEqual([]);
  await openPrune(whileRunning(rig, first.workflowId));
});

/** The store with one method of its own. */
function storeWith<K extends keyof BlobStore>({ deps: { store } }: Rig, name: K, method: BlobStore[K]): BlobStore {
  return new Proxy(store, {
    get: (target, key) => {
      const own: unknown = key === name ? method : Reflect.get(target, key);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}

function over(rig: Rig, store: BlobStore): Rig {
  const deps = { ...rig.deps, store };
  return { ...rig, deps, activities: createActivities(deps) };
}

test('what a pruned run writes late does not bring it back, and its mark goes when nothing is left of it', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1));
  const { manifest } = runLayout({ prefix: '', id: runId(1) });
  const bytes = await blobBytes(rig, manifest);
  const mark = forgottenBlob({ prefix: '', id: runId(1) });
  const left = async () =>
    (await versionsIn(rig.container)).map(({ name }) => name).filter((name) => name.includes(runId(1)));
  await pruneAll(rig);
  expect(await left()).toEqual([mark]);
  await rig.container.getBlockBlobClient(manifest).upload(bytes, bytes.length);
  expect((await pruneAll(rig)).swept).toMatchObject({ deleted: 0 });
  expect(await left()).toEqual([mark]);
  const last = await pruneAll(rig);
  expect(last).toMatchObject({ plan: { keptRuns: 1, forgottenRuns: 0 }, swept: { deleted: 0, data: 1 } });
  expect(await left()).toEqual([]);
});

test('a process that was paused deletes nothing more once another prune has taken its place', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1), runId(2));
  const prune = await openPrune(rig, { options: { window: 1 } });
  await perform(rig.activities.planPrune, [prune]);
  await perform(rig.activities.markPrune, [prune]);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { store } = rig.deps;
  let deleted = 0;
  const pausing = storeWith(rig, 'delete', async (...args) => {
    await store.delete(...args);
    deleted += 1;
    await openPrune(rig);
    vi.setSystemTime(Date.now() + 6000);
  });
  const sweeping = perform(over(rig, pausing).activities.sweepPrune, [prune, 0]);
  await expect(sweeping).rejects.toMatchObject({ type: 'PruneRefused', nonRetryable: true });
  expect(deleted).toBe(1);
});

test('a seal whose answer was lost is known again', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1));
  const { store } = rig.deps;
  const etag = (await store.properties(forgottenBlob({ prefix: '', id: runId(1) }), signal))?.etag ?? '';
  const losing = storeWith(rig, 'put', async (...args) => {
    await store.put(...args);
    throw new BlobStoreError(
      'precondition-failed',
      'The condition specified using HTTP conditional header(s) is not met.',
    );
  });
  const run = { run: runId(1), etag };
  expect(await sealForgotten(losing, { id: 'prune-1', prefix: '' }, run, signal)).toBe(true);
  expect(await sealForgotten(store, { id: 'prune-2', prefix: '' }, run, signal)).toBe(false);
});

test('a dry run beside a prune keeps its plan', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const prune = await openPrune(rig);
  const dry = await openPrune(rig, { dryRun: true });
  await perform(rig.activities.planPrune, [dry]);
  await perform(rig.activities.planPrune, [prune]);
  await sweepAll(rig, prune, await perform(rig.activities.markPrune, [prune]));
  expect(await perform(rig.activities.markPrune, [dry])).toMatchObject({ pages: 0 });
});

test('which run of a directory is the newest is told by its id, also when the clock was set back', () => {
  const none = { instanceId: '', prefix: '', host: '', finishedAt: '', files: 0, bytes: 0, failed: 0, skipped: 0 };
  const whole = { format: 1, root: '/r', complete: true, shards: [], checksum: '', ...none } as const;
  const good = { ...whole, run: runId(1), startedAt: '2026-01-02T03:04:01Z' };
  const suspect = { since: good.run, files: 1, lost: 1, reasons: ['it holds no file'] };
  const late = { ...whole, run: runId(2), startedAt: '1970-01-01T00:00:09Z', suspect };
  expect(() => requireGood([good, late])).toThrow(`Run ${runId(2)}, the newest of /r, is suspect`);
  expect(() => requireGood([late, { ...good, run: runId(3) }])).not.toThrow();
});
