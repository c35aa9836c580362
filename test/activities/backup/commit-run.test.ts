import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Tally, emptyTally } from '../../../src/contracts/backup.ts';
import { addTallies } from '../../../src/contracts/job.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { readManifest } from '../../support/stored-run.ts';
import { writeTree } from '../../support/tree.ts';
import { blobBytes, copyAll, listAll, openRig, perform, type Rig } from '../rig.ts';

const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };

async function sealed(rig: Rig): Promise<Tally> {
  const pages = await listAll(rig);
  await copyAll(rig, pages);
  let total = emptyTally;
  for (const { number } of pages) {
    total = addTallies(total, (await perform(rig.activities.sealPage, [rig.run, number, []])).tally);
  }
  return total;
}

test('the manifest tells the run, its counts, and its shards in the order of the paths they hold', async () => {
  const rig = await openRig({ pageEntries: 2 });
  await writeTree(rig.root, { a: 1, 'b/x': 2, c: 3, d: 4, e: 5 });
  const total = await sealed(rig);
  const { manifest: address, tally } = await perform(rig.activities.commitRun, [rig.run, times]);
  expect(tally).toEqual(total);
  const layout = runLayout(rig.run);
  expect(address).toBe(`${rig.container.containerName}/${layout.manifest}`);
  const shards = await Promise.all(
    ['a', 'b/x', 'd'].map(async (first, page) => {
      const blob = layout.shard(page);
      return {
        blob,
        sha256: createHash('sha256')
          .update(await blobBytes(rig, blob))
          .digest('hex'),
        entries: 2,
        first,
      };
    }),
  );
  const { manifest, entries } = await readManifest(rig.container, address);
  const { checksum, ...rest } = manifest;
  expect(checksum).toBe(createHash('sha256').update(JSON.stringify(rest)).digest('hex'));
  expect(rest).toEqual({
    format: 1,
    run: rig.run.id,
    instanceId: 'nightly',
    root: rig.root,
    prefix: '',
    host: 'web-1',
    ...times,
    complete: true,
    files: 5,
    bytes: 15,
    failed: 0,
    skipped: 0,
    leftOut: [],
    shards,
  });
  expect(entries.map(({ path }) => path)).toEqual(['a', 'b', 'b/x', 'c', 'd', 'e']);
});

test('a run with failures is committed as incomplete, and that manifest gives way to the next', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, b: 2 });
  const [page] = await listAll(rig);
  await perform(rig.activities.sealPage, [
    rig.run,
    0,
    (page?.copies ?? []).map(({ number }) => ({ number, reason: 'no' })),
  ]);
  const first = await perform(rig.activities.commitRun, [rig.run, times]);
  const before = await readManifest(rig.container, first.manifest);
  expect(before.manifest).toMatchObject({ complete: false, files: 0, failed: 2 });

  await copyAll(rig, page ? [page] : []);
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  const second = await perform(rig.activities.commitRun, [rig.run, times]);
  expect(second.manifest).toBe(first.manifest);
  const after = await readManifest(rig.container, second.manifest);
  expect(after.manifest).toMatchObject({ complete: true, files: 2, failed: 0 });
});

test('a complete manifest stays as it is, and a second commit tells the same address', async () => {
  const rig = await openRig();
  const first = await perform(rig.activities.commitRun, [rig.run, times]);
  const bytes = await blobBytes(rig, runLayout(rig.run).manifest);
  const later = { ...times, finishedAt: '2026-01-02T04:00:00.000Z' };
  const second = await perform(rig.activities.commitRun, [rig.run, later], { attempt: 2 });
  expect(second).toEqual(first);
  expect(await blobBytes(rig, runLayout(rig.run).manifest)).toEqual(bytes);
});

test.each(['', '{"complete":true', '{"complete":true}'])(
  'a manifest that cannot be used, such as %j, gives way',
  async (text) => {
    const rig = await openRig();
    const { manifest } = runLayout(rig.run);
    await rig.deps.store.put(manifest, Buffer.from(text), { signal: new AbortController().signal });
    await perform(rig.activities.commitRun, [rig.run, times]);
    const stored = await readManifest(rig.container, `${rig.container.containerName}/${manifest}`);
    expect(stored.manifest).toMatchObject({ format: 1, complete: true, ...times });
  },
);

test('a manifest of a later version stays as it is', async () => {
  const rig = await openRig();
  const { manifest } = runLayout(rig.run);
  const text = '{"format":2}';
  await rig.deps.store.put(manifest, Buffer.from(text), { signal: new AbortController().signal });
  await expect(perform(rig.activities.commitRun, [rig.run, times])).rejects.toMatchObject({ type: 'ManifestTooNew' });
  expect((await blobBytes(rig, manifest)).toString()).toBe(text);
});

test('a run takes no shard of another run or prefix', async () => {
  const rig = await openRig();
  const others = [
    { ...rig.run, id: `${rig.run.id}x` },
    { ...rig.run, prefix: 'hosts/' },
  ];
  for (const run of others) {
    const other = { ...rig, run };
    await writeTree(rig.root, { a: 1 });
    await sealed(other);
  }
  const committed = await perform(rig.activities.commitRun, [rig.run, times]);
  const { manifest } = await readManifest(rig.container, committed.manifest);
  expect(manifest.shards).toEqual([]);
});
