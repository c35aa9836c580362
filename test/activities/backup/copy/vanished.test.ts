import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../../src/activities/index.ts';
import { createMemoryBudget } from '../../../../src/activities/paged/memory-budget.ts';
import { runLayout } from '../../../../src/storage/run-layout.ts';
import { writeTree } from '../../../support/tree.ts';
import { blobNames, copyAll, environmentOf, listAll, nameOf, openRig, perform, type Rig } from '../../rig.ts';

async function siteRig(): Promise<Rig> {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { 'site/a': 1, 'site/b/c': 2 });
  return { ...rig, run: { ...rig.run, root: join(rig.root, 'site') } };
}

test('a root that is gone ends every activity that needs it, and is not waited for', async () => {
  const rig = await siteRig();
  const [page] = await listAll(rig);
  await rm(rig.run.root, { recursive: true });
  const gone = {
    type: 'RootNotFound',
    nonRetryable: true,
    message: `${rig.run.root} does not exist on the worker's machine`,
  };
  const { listFiles, listFailed, copyFiles } = rig.activities;
  await expect(perform(listFiles, [rig.run, 1, 'a'])).rejects.toMatchObject(gone);
  await expect(perform(listFailed, [{ ...rig.run, round: 1 }, 0])).rejects.toMatchObject(gone);
  for (const copy of page?.copies ?? []) await expect(perform(copyFiles, [rig.run, copy])).rejects.toMatchObject(gone);
});

test('files whose root goes before they are copied are a failure, and did not just vanish', async () => {
  const rig = await siteRig();
  const pages = await listAll(rig);
  // The page is read before the root is opened.
  const held = rig.proxy.hold(({ method, path }) => method === 'GET' && path.endsWith(runLayout(rig.run).page(0)));
  const copying = copyAll(rig, pages);
  copying.catch(() => undefined);
  await held.reached;
  await rename(rig.run.root, join(rig.root, 'moved'));
  held.release();
  const reason = `${rig.run.root} does not exist on the worker's machine`;
  await expect(copying).rejects.toMatchObject({ message: reason, nonRetryable: true });
});

test('a container that is gone is named, with what to do, and is not waited for', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 1 });
  const [page] = await listAll(rig);
  await rig.container.delete();
  onTestFinished(async () => void (await rig.container.createIfNotExists()));
  const gone = {
    type: 'StorageRefused',
    nonRetryable: true,
    message: expect.stringMatching(
      new RegExp(`/${rig.container.containerName} answered 404 ContainerNotFound .*create it, or start another`, 'u'),
    ),
  };
  const { listFiles, copyFiles, sealPage, commitRun } = rig.activities;
  const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };
  await expect(perform(listFiles, [rig.run, 0])).rejects.toMatchObject(gone);
  for (const copy of page?.copies ?? []) await expect(perform(copyFiles, [rig.run, copy])).rejects.toMatchObject(gone);
  await expect(perform(sealPage, [rig.run, 0, []])).rejects.toMatchObject(gone);
  await expect(perform(commitRun, [rig.run, times])).rejects.toMatchObject(gone);
});

test('a container that goes while files are sent fails them, and then the copy', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 1, b: 2 });
  const [page] = await listAll(rig);
  const held = rig.proxy.hold(({ method, path }) => method === 'PUT' && path.includes(rig.root));
  const copying = page?.copies.map((copy) => perform(rig.activities.copyFiles, [rig.run, copy])) ?? [];
  const ends = Promise.allSettled(copying);
  await held.reached;
  await rig.container.delete();
  onTestFinished(async () => void (await rig.container.createIfNotExists()));
  held.release();
  for (const end of await ends) expect(end).toMatchObject({ reason: { type: 'StorageRefused', nonRetryable: true } });
});

test('a blob that is leased by another is one failed file, and does not hold up the others of its pack', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 1, leased: 2, z: 3 });
  const leased = rig.container.getBlockBlobClient(nameOf(rig, 'leased'));
  await leased.uploadData(Buffer.from('of another'));
  await leased.getBlobLeaseClient().acquireLease(-1);
  onTestFinished(async () => void (await leased.getBlobLeaseClient().breakLease(0)));
  const outcomes = await copyAll(rig, await listAll(rig));
  expect([...outcomes.values()].map(({ path, outcome }) => [path, outcome])).toEqual([
    ['a', 'uploaded'],
    ['leased', 'failed'],
    ['z', 'uploaded'],
  ]);
  expect(outcomes.get('leased')?.reason).toContain('LeaseIdMissing (the blob is leased by another');
  expect((await leased.downloadToBuffer()).toString()).toBe('of another');
});

test('a copy that waits for memory ends when it is cancelled, and takes none', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 100 });
  const memory = createMemoryBudget(100);
  const never = new AbortController().signal;
  const release = await memory.take(100, never);
  const waits = Promise.withResolvers<void>();
  const watched = {
    take: (bytes: number, signal: AbortSignal) => {
      waits.resolve();
      return memory.take(bytes, signal);
    },
  };
  const activities = createActivities({ ...rig.deps, memory: watched });
  const [copy] = (await listAll(rig)).flatMap(({ copies }) => copies);
  const environment = environmentOf();
  const copying = environment.run(activities.copyFiles, rig.run, copy!);
  copying.catch(() => undefined);
  await waits.promise;
  environment.cancel();
  await expect(copying).rejects.toMatchObject({ name: 'CancelledFailure' });
  release();
  (await memory.take(100, never))();
  expect(await blobNames(rig)).toEqual([]);
});
