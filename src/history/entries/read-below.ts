import { comparePaths } from '../../contracts/encoded-path.ts';
import { entryKey, type Manifest, type ManifestEntry, type ManifestShard } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { firstShard } from './first-shard.ts';
import { readEntries } from './read-entries.ts';
import { tallyOf } from '../../contracts/backup.ts';
import { runLayout } from '../../storage/run-layout.ts';
import { manifestInvalid } from '../records/manifest-invalid.ts';

/** A part of a run. */
export interface Part {
  /** How the keys of its entries begin; empty for all. */
  readonly beginning: string;
  /** Without what lies in folders below that. */
  readonly shallow?: boolean;
}

/**
 * The entries of a run whose {@link entryKey} begins as is said, in their order. Of the shards only those are read that may hold such
 * an entry, as far as the manifest tells. Throws what {@link readEntries} throws.
 */
export async function* readBelow(
  store: BlobStore,
  manifest: Manifest,
  part: Part,
  signal: AbortSignal,
): AsyncGenerator<ManifestEntry> {
  const { beginning, shallow = false } = part;
  const shards = shardsOf(manifest.shards, part);
  for await (const entry of readEntries(store, { ...manifest, shards }, {}, signal)) {
    const key = entryKey(entry);
    if (isBehind(key, beginning)) return;
    if (!key.startsWith(beginning)) continue;
    if (!shallow || folderIn(key, beginning) === undefined) yield entry;
  }
}

/** The entry with this key; undefined when the run has none. */
export async function findEntry(
  store: BlobStore,
  manifest: Manifest,
  key: string,
  signal: AbortSignal,
): Promise<ManifestEntry | undefined> {
  // Should it be there, it comes first.
  for await (const entry of readBelow(store, manifest, { beginning: key }, signal)) {
    return entryKey(entry) === key ? entry : undefined;
  }
  return undefined;
}

/** The shards in which entries of a part may be. A shard's keys lie between its first one and that of the next shard. */
export function shardsOf(shards: readonly ManifestShard[], { beginning, shallow = false }: Part): ManifestShard[] {
  return shards
    .slice(firstShard(shards, beginning))
    .filter(({ entries, first }) => entries > 0 && !isBehind(first, beginning))
    .filter(({ first }, at, wanted) => !shallow || !isInOneFolder(first, wanted[at + 1]?.first, beginning));
}

// Holds for the first 500 characters of a key too.
function isBehind(key: string, beginning: string): boolean {
  return !key.startsWith(beginning) && comparePaths(key, beginning) > 0;
}

// What lies between two keys of one folder is in that folder too.
function isInOneFolder(first: string, next: string | undefined, beginning: string): boolean {
  const folder = first.startsWith(beginning) ? folderIn(first, beginning) : undefined;
  return folder !== undefined && next?.startsWith(folder) === true;
}

/** The folder right below the beginning that a key lies in, with its slash; undefined for what is there itself. */
function folderIn(key: string, beginning: string): string | undefined {
  const slash = key.indexOf('/', beginning.length);
  return slash === -1 || slash === key.length - 1 ? undefined : key.slice(0, slash + 1);
}

/** Reads all that a manifest refers to once, so that a bad one is refused before anything is done with it: throws `ManifestInvalid`. */
export async function checkWhole(store: BlobStore, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const counts = { files: 0, bytes: 0, failed: 0, skipped: 0 };
  for await (const entry of readEntries(store, manifest, {}, signal)) {
    const { files, bytes, failed, skipped } = tallyOf(entry);
    counts.files += files;
    counts.bytes += bytes;
    counts.failed += failed;
    counts.skipped += skipped;
  }
  for (const name of ['files', 'bytes', 'failed', 'skipped'] as const) {
    if (counts[name] === manifest[name]) continue;
    const { manifest: blob } = runLayout({ prefix: manifest.prefix, id: manifest.run });
    throw manifestInvalid(blob, `says ${name}: ${manifest[name]}, and its entries make ${counts[name]}`);
  }
}
