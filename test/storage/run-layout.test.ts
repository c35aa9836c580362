import { expect, test } from 'vitest';
import { jobLayout, jobsFolder, ownerBlob, runLayout, runningBlob } from '../../src/storage/run-layout.ts';

const id = '20261121T061003Z-c78e46f5';

test('a run keeps its manifest and shards for good, and pages and outcomes by round', () => {
  const folder = `.durable-backup/@/runs/${id}/`;
  const first = runLayout({ prefix: '', id });
  expect(first).toMatchObject({ folder, manifest: `${folder}manifest.json`, shards: `${folder}manifest/` });
  expect(first.shard(1)).toBe(`${folder}manifest/00000001.ndjson.gz`);
  expect(first.page(2)).toBe(`${folder}pages/00000002.ndjson`);
  expect(first.outcome(2, 3)).toBe(`${first.outcomes(2)}00000003.ndjson`);
  const second = runLayout({ prefix: '', id, round: 1 });
  expect(second.manifest).toBe(first.manifest);
  expect(second.shard(1)).toBe(first.shard(1));
  expect(second.page(2)).toBe(`${folder}rounds/00000001/pages/00000002.ndjson`);
  expect(second.outcome(2, 3)).toBe(`${folder}rounds/00000001/outcomes/00000002/00000003.ndjson`);
});

test.each(['restores', 'verifications'] as const)('%s end with a report over the shards of a ledger', (kind) => {
  const layout = jobLayout(kind, { prefix: 'hosts/a/', id });
  const folder = `.durable-backup/hosts%2Fa/${kind}/${id}/`;
  expect(layout).toMatchObject({ folder, manifest: `${folder}report.json`, shards: `${folder}ledger/` });
  expect(layout.shard(1)).toBe(`${folder}ledger/00000001.ndjson.gz`);
  expect(layout.page(2)).toBe(`${folder}pages/00000002.ndjson`);
});

test('nothing of two kinds, prefixes, jobs or roots has one name', () => {
  const names = ['', 'a/', 'a/b/', 'a%2Fb/', '@/'].flatMap((prefix) => [
    ...(['runs', 'restores', 'verifications'] as const).flatMap((kind) => [
      jobsFolder(kind, prefix),
      ...[id, `${id}0`].map((job) => jobLayout(kind, { prefix, id: job }).manifest),
    ]),
    ownerBlob(prefix),
    ...['/srv', '/srv/', '/srv/a', '/'].map((root) => runningBlob(prefix, root)),
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test('the name of the blob of a running backup has one length, however long the root is', () => {
  const names = ['/', `/${'a'.repeat(4000)}`, '/é/../x'].map((root) => runningBlob('a/', root));
  for (const name of names) expect(name).toMatch(/^\.durable-backup\/a\/running\/[0-9a-f]{32}\.json$/u);
});
