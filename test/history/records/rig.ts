import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { sealManifest } from '../../../src/history/records/manifest-checksum.ts';
import { metadataOfManifest } from '../../../src/history/records/run-facts.ts';
import { entryKey, type Manifest, type ManifestEntry } from '../../../src/contracts/manifest.ts';
import { addTallies } from '../../../src/contracts/job.ts';
import { emptyTally, tallyOf } from '../../../src/contracts/backup.ts';
import { toNdjson } from '../../../src/storage/ndjson.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { signal } from '../../storage/rig.ts';

export const runId = '20261121T061003Z-c78e46f5';
export const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** A file as a backup of `/srv` enters it, but for what is given. */
export function fileEntry(path: string, given: Partial<ManifestEntry> = {}): ManifestEntry {
  return {
    path,
    kind: 'file',
    size: 1,
    mtimeNs: '1795241398534811810',
    ctimeNs: '1795241398534811810',
    mode: 0o644,
    outcome: 'uploaded',
    blob: `srv/${path}`,
    etag: '"0x1"',
    sha256: sha256(path),
    attempts: 1,
    ...given,
  };
}

export function folderEntry(path: string): ManifestEntry {
  const { blob: _, etag: __, sha256: ___, ...rest } = fileEntry(path);
  return { ...rest, kind: 'directory', outcome: 'recorded', attempts: 0 };
}

export interface ForgedRun {
  readonly prefix?: string;
  readonly id?: string;
  /** What each shard holds: entries, or its text as it is. */
  readonly shards?: readonly (readonly ManifestEntry[] | string)[];
  /** Put over what the shards make of the manifest before it is sealed. */
  readonly manifest?: object;
  /** Whether its metadata tell of the run, as those of earlier versions do not. */
  readonly told?: boolean;
}

/** Writes a run whose hashes and checksum fit together, whatever it holds, and returns its manifest. */
export async function forgeRun(
  store: BlobStore,
  { prefix = '', id = runId, shards = [], manifest = {}, told: isTold = false }: ForgedRun,
): Promise<Manifest> {
  const layout = runLayout({ prefix, id });
  const described = await Promise.all(
    shards.map(async (shard, page) => {
      const entries = typeof shard === 'string' ? shard.split('\n').length - 1 : shard.length;
      const packed = gzipSync(typeof shard === 'string' ? shard : toNdjson(shard));
      await store.put(layout.shard(page), packed, { signal });
      const first = typeof shard === 'string' || shard[0] === undefined ? '' : entryKey(shard[0]).slice(0, 500);
      return { blob: layout.shard(page), sha256: sha256(packed), entries, first };
    }),
  );
  const tallies = shards.flatMap((shard) => (typeof shard === 'string' ? [] : shard.map(tallyOf)));
  const { files, bytes, failed, skipped } = tallies.reduce(addTallies, emptyTally);
  const told: Omit<Manifest, 'checksum'> = {
    format: 1,
    run: id,
    instanceId: 'nightly',
    root: '/srv',
    prefix,
    host: 'web-1',
    startedAt: '2026-11-21T06:10:03.000Z',
    finishedAt: '2026-11-21T06:11:00.000Z',
    complete: failed === 0,
    files,
    bytes,
    failed,
    skipped,
    shards: described,
  };
  const sealed = sealManifest({ ...told, ...manifest });
  const metadata = isTold ? metadataOfManifest(sealed) : {};
  await store.put(layout.manifest, Buffer.from(`${JSON.stringify(sealed, null, 2)}\n`), { signal, metadata });
  return sealed;
}
