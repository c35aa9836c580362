import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseNdjson, toNdjson } from '../../../src/storage/ndjson.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { copied, records } from './own-records.ts';
import { openRestoreRig } from '../restore/rig.ts';
import { blobBytes, copyAll, listAll, perform } from '../rig.ts';
import { overwrite } from '../verify/rig.ts';

const times = { startedAt: '2026-01-02T03:04:05.000Z', finishedAt: '2026-01-02T03:05:00.000Z' };

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.length / 2);
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
}

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, '{}\n'));

const damages: Record<string, (bytes: Buffer) => Buffer> = {
  'with a flipped bit': flipped,
  'cut short': (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)),
  'without its last line': (bytes) => bytes.subarray(0, bytes.lastIndexOf('\n', -2) + 1),
  empty: () => Buffer.alloc(0),
  'that is garbage': (bytes) => Buffer.alloc(bytes.length, 'garbage \xff'),
  'that is a gzip bomb': () => bomb,
};

test.each(Object.entries(records))(
  '%s: damaged, it is one failure that names it and what can be done',
  async (_, record) => {
    const [advice, begin] = record;
    const rig = await openRestoreRig({ smallTreeFiles: 0, packFiles: 2 });
    const { blob, read } = await begin(rig);
    const bytes = await blobBytes(rig, blob);
    const { metadata = {} } = await rig.container.getBlobClient(blob).getProperties();
    for (const [damage, make] of Object.entries(damages)) {
      for (const keepMetadata of [true, false]) {
        await overwrite(rig, blob, make(bytes), keepMetadata);
        await expect(read(), `${damage}, ${keepMetadata ? 'with' : 'without'} its metadata`).rejects.toMatchObject({
          type: 'ManifestInvalid',
          nonRetryable: true,
          message: expect.stringMatching(
            new RegExp(`^${blob.replaceAll('.', '\\.')} .*damaged or altered in storage.*: ${advice}`, 'u'),
          ),
        });
        await rig.container.getBlockBlobClient(blob).upload(bytes, bytes.length, { metadata });
      }
    }
  },
);

const needed = Object.entries(records).filter(([name]) => !/shard|ledger|outcomes|listing/u.test(name));

test.each(needed)('%s: gone, it is the same', async (_, [advice, begin]) => {
  const rig = await openRestoreRig({ smallTreeFiles: 0, packFiles: 2 });
  const { blob, read } = await begin(rig);
  await rig.container.getBlobClient(blob).delete();
  await expect(read()).rejects.toMatchObject({
    type: 'ManifestInvalid',
    nonRetryable: true,
    message: expect.stringMatching(new RegExp(`^${blob} was there and is gone: .*: ${advice}`, 'u')),
  });
});

test.each(['tally', 'sha256', 'entries', 'first', 'check'])(
  'a shard that tells a wrong %s of itself is named when the run is committed',
  async (field) => {
    const rig = await openRestoreRig();
    await copied(rig);
    await perform(rig.activities.sealPage, [rig.run, 0, []]);
    const blob = runLayout(rig.run).shard(0);
    const client = rig.container.getBlobClient(blob);
    const { metadata = {} } = await client.getProperties();
    const { [field]: value = '', ...others } = metadata;
    const wrong = [
      { ...others, [field]: value.replace(/[0-9A-Za-z]/u, (one) => (one === '1' ? '2' : '1')) },
      { ...others, [field]: '?' },
      {},
    ];
    for (const told of wrong) {
      await client.setMetadata(told);
      await expect(perform(rig.activities.commitRun, [rig.run, times]), JSON.stringify(told)).rejects.toMatchObject({
        type: 'ManifestInvalid',
        nonRetryable: true,
        message: expect.stringContaining(blob),
      });
    }
    await client.setMetadata(metadata);
    expect(await perform(rig.activities.commitRun, [rig.run, times])).toMatchObject({ tally: { files: 3, failed: 0 } });
  },
);

test('outcomes that a later attempt of their copy finds damaged are made anew', async () => {
  const rig = await openRestoreRig();
  const layout = await copied(rig);
  const blob = layout.outcome(0, 0);
  await overwrite(rig, blob, flipped(await blobBytes(rig, blob)));
  const pages = await listAll(rig);
  await copyAll(rig, pages, 2);
  expect(await perform(rig.activities.sealPage, [rig.run, 0, []])).toMatchObject({
    tally: { files: 3, bytes: 600, failed: 0 },
    failures: [],
  });
});

test('what an earlier version wrote has no checksums, and a run goes on from it', async () => {
  const rig = await openRestoreRig();
  const layout = await copied(rig);
  for (const blob of [layout.page(0), layout.outcome(0, 0), layout.outcome(0, 1), layout.outcome(0, 2)]) {
    const text = toNdjson(parseNdjson((await blobBytes(rig, blob)).toString()));
    const metadata: Record<string, string> = blob === layout.page(0) ? { last: 'true' } : {};
    await rig.container.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text), { metadata });
  }
  expect(await perform(rig.activities.sealPage, [rig.run, 0, []])).toMatchObject({ tally: { files: 3, failed: 0 } });
  const shard = rig.container.getBlobClient(layout.shard(0));
  const { check: _, ...metadata } = (await shard.getProperties()).metadata ?? {};
  await shard.setMetadata(metadata);
  expect(await perform(rig.activities.commitRun, [rig.run, times])).toMatchObject({ tally: { files: 3, failed: 0 } });
});
