import { expect, test } from 'vitest';
import { Backups } from '../../../src/history/views/backups.ts';
import { markForgotten } from '../../../src/history/runs/forgotten.ts';
import { readFacts, metadataOfManifest } from '../../../src/history/records/run-facts.ts';
import { markAccepted } from '../../../src/history/records/accepted.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { forgeRun, fileEntry } from '../records/rig.ts';
import { openRig, signal, type Rig } from '../../storage/rig.ts';

const idOf = (n: number) => `20261121T0610${String(n).padStart(2, '0')}Z-c78e46f5`;
const suspect = { since: idOf(0), files: 9, lost: 9, reasons: ['it holds no file'] };

async function put(rig: Rig, names: readonly string[]): Promise<void> {
  for (const name of names) await rig.direct.put(name, Buffer.from('xx'), { signal });
}

test('stats count each directory by its own blobs, however the manifests of its runs tell of it', async () => {
  const rig = await openRig();
  const files = ['srv/a', 'srv/site/b', 'srv/site/c/d', 'srv-2/e', 'srv/z', 'stray'];
  await put(rig, files);
  const shards = [[fileEntry('a'), fileEntry('b')]];
  await forgeRun(rig.direct, { id: idOf(1), shards });
  await forgeRun(rig.direct, { id: idOf(2), shards, manifest: { suspect }, told: true });
  await forgeRun(rig.direct, { id: idOf(3), shards, manifest: { complete: false }, told: true });
  await forgeRun(rig.direct, { id: idOf(4), shards, manifest: { suspect, files: 7 }, told: true });
  await forgeRun(rig.direct, { id: idOf(5), manifest: { root: '/srv/site' }, told: true });
  await forgeRun(rig.direct, { id: idOf(6), manifest: { root: '/srv-2' }, told: true });
  await forgeRun(rig.direct, { id: idOf(7), shards, told: true });
  await markAccepted(rig.direct, { prefix: '', id: idOf(4) }, signal);
  await markForgotten(rig.direct, { prefix: '', id: idOf(7) }, { at: '2026-11-22T00:00:00.000Z', reason: 'x' }, signal);
  await rig.direct.put(runLayout({ prefix: '', id: idOf(8) }).manifest, Buffer.from('{}'), { signal });
  await rig.direct.put(runLayout({ prefix: 'web/', id: idOf(9) }).manifest, Buffer.from('{}'), { signal });
  const backups = new Backups({ store: rig.store, prefix: '' });
  const rows = await Array.fromAsync(backups.stats(signal));
  expect(rows.map(({ root, runs, blobs }) => [root, runs, blobs])).toEqual([
    ['/srv-2', 1, 1],
    ['/srv/site', 1, 2],
    ['/srv', 5, 2],
    [null, 0, 1],
  ]);
  expect(rows[2]).toMatchObject({ forgotten: 1, incomplete: 1, suspect: 1, logicalBytes: 8 });
  expect(rows[2]?.newest).toEqual({ run: idOf(4), files: 7, bytes: 2 });
  expect(rows[3]).toMatchObject({ dataBlobs: 2 });
  const read = rig.proxy.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/manifest.json'));
  expect(new Set(read.map(({ path }) => path.split('/').at(-2)))).toEqual(new Set([idOf(1), idOf(8)]));
});

test('the row of a directory comes before what follows is listed', async () => {
  const rig = await openRig({ listPageSize: 2 });
  const roots = Array.from({ length: 5 }, (_, n) => `/srv/${n}`);
  for (const [n, root] of roots.entries()) await forgeRun(rig.direct, { id: idOf(n), manifest: { root }, told: true });
  await put(
    rig,
    roots.flatMap((root) => ['a', 'b', 'c'].map((name) => `${root.slice(1)}/${name}`)),
  );
  const rows = new Backups({ store: rig.store, prefix: '' }).stats(signal);
  const first = await rows.next();
  expect(first.value).toMatchObject({ root: '/srv/0', blobs: 3 });
  const before = rig.proxy.requests.length;
  const others = await Array.fromAsync(rows);
  expect(others.map(({ root, blobs }) => [root, blobs])).toEqual(roots.slice(1).map((root) => [root, 3]));
  expect(rig.proxy.requests.length - before).toBeGreaterThanOrEqual(4);
});

test.each(['/srv/ä ö%', '/', 'C:\\site'])(
  'what a manifest of %s tells by its metadata is read as it was written',
  (root) => {
    const told = { root, files: 3, bytes: 2 ** 40, complete: true };
    const metadata = metadataOfManifest(told);
    expect(Object.values(metadata).join('')).toMatch(/^[\x20-\x7e]*$/u);
    expect(readFacts({ metadata })).toEqual({ root, files: 3, bytes: 2 ** 40, state: 'complete' });
    expect(readFacts({ metadata: { ...metadata, files: '4' } })).toBeUndefined();
    expect(readFacts({ metadata: {} })).toBeUndefined();
    expect(metadataOfManifest({ ...told, root: `/${'ä'.repeat(2000)}` })).toEqual({});
  },
);
