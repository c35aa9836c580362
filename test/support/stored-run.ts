import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { expect, inject } from 'vitest';
import { decodePath } from '../../src/contracts/encoded-path.ts';
import { isContentOutcome, type Manifest, type ManifestEntry } from '../../src/contracts/manifest.ts';
import { findFiles, sha256Of } from './tree.ts';

/** Straight to Azurite with the public SDK: what is checked here must not pass through the code under test. */
export function containerClient(container: string): ContainerClient {
  return BlobServiceClient.fromConnectionString(inject('connectionString')).getContainerClient(container);
}

export async function readManifest(
  container: ContainerClient,
  address: string,
): Promise<{ manifest: Manifest; entries: ManifestEntry[] }> {
  const name = address.slice(address.indexOf('/') + 1);
  const manifest = JSON.parse((await container.getBlobClient(name).downloadToBuffer()).toString()) as Manifest;
  const entries: ManifestEntry[] = [];
  for (const { blob, sha256, entries: count } of manifest.shards) {
    const shard = await container.getBlobClient(blob).downloadToBuffer();
    expect(createHash('sha256').update(shard).digest('hex')).toBe(sha256);
    const lines = gunzipSync(shard).toString().trimEnd().split('\n').filter(Boolean);
    expect(lines).toHaveLength(count);
    entries.push(...lines.map((line) => JSON.parse(line) as ManifestEntry));
  }
  return { manifest, entries };
}

/** Downloads the blob of every file that the run holds and compares it with the file; and the other way round, misses none. */
export async function expectHolds(container: ContainerClient, root: string, address: string): Promise<ManifestEntry[]> {
  const { entries } = await readManifest(container, address);
  const held = entries.filter(({ outcome }) => isContentOutcome(outcome));
  const onDisk = findFiles(root);
  expect(held.map(({ path }) => decodePath(path).toString('latin1')).toSorted()).toEqual([...onDisk.keys()].toSorted());
  for (const { path, blob = '', size, sha256 } of held) {
    const stored = await container.getBlobClient(blob).downloadToBuffer();
    expect(stored.length, path).toBe(size);
    const location = Buffer.concat([Buffer.from(join(root, '/')), decodePath(path)]);
    const onDiskSha256 = await sha256Of(location);
    expect(createHash('sha256').update(stored).digest('hex'), path).toBe(onDiskSha256);
    expect(sha256, path).toBe(onDiskSha256);
  }
  return entries;
}
