import { createHash } from 'node:crypto';
import { comparePaths } from '../../contracts/encoded-path.ts';
import { fetchAhead } from '../../lib/fetch-ahead.ts';
import {
  leftOutRowSchema,
  entryKey,
  type Manifest,
  type ManifestEntry,
  type ManifestShard,
  type LeftOutRow,
} from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { checkEntry } from './check-entry.ts';
import { manifestInvalid } from '../records/manifest-invalid.ts';
import { readBlob } from '../records/read-blob.ts';
import { readLines } from '../records/read-lines.ts';
import { firstShard } from './first-shard.ts';

const shardsAhead = 1;

/**
 * The entries of a run in the order of {@link entryKey}, or those whose key comes after `after`. Memory holds the packed bytes of two
 * shards. Every shard is checked against the manifest before an entry of it is yielded, and every entry before it is; the first that
 * is wrong ends it by throwing `ManifestInvalid`, which names the shard and the line.
 */
export async function* readEntries(
  store: BlobStore,
  manifest: Manifest,
  { after }: { readonly after?: string },
  signal: AbortSignal,
): AsyncGenerator<ManifestEntry> {
  const shards = manifest.shards.slice(after === undefined ? 0 : firstShard(manifest.shards, after));
  const read = async (shard: ManifestShard, fetchSignal: AbortSignal) => ({
    shard,
    bytes: await readShardBytes(store, shard, fetchSignal),
  });
  let last: string | undefined;
  for await (const { shard, bytes } of fetchAhead(shards, shardsAhead, signal, read)) {
    for await (const entries of shardEntries(shard, bytes, manifest.prefix)) {
      for (const { entry, line } of entries) {
        const key = entryKey(entry);
        if (last !== undefined && comparePaths(key, last) <= 0) {
          throw manifestInvalid(`${shard.blob}, line ${line},`, `names a path out of order or twice (${entry.path})`);
        }
        last = key;
        if (after === undefined || comparePaths(key, after) > 0) yield entry;
      }
    }
  }
}

/** The gzipped bytes of a shard. Throws `ManifestInvalid` when they are not those that the manifest tells of. */
async function readShardBytes(store: BlobStore, { blob, sha256 }: ManifestShard, signal: AbortSignal): Promise<Buffer> {
  const found = await readBlob(store, blob, signal);
  if (found === undefined) throw manifestInvalid(blob, 'is missing');
  const isWhole = createHash('sha256').update(found.bytes).digest('hex') === sha256;
  if (!isWhole) throw manifestInvalid(blob, 'is not what the manifest has the SHA-256 of');
  return found.bytes;
}

interface NumberedEntry {
  readonly entry: ManifestEntry;
  /** Counts from 1. */
  readonly line: number;
}

async function* shardEntries(shard: ManifestShard, bytes: Buffer, prefix: string): AsyncGenerator<NumberedEntry[]> {
  const { blob, entries: expected } = shard;
  let count = 0;
  for await (const lines of readLines(blob, bytes)) {
    const found: NumberedEntry[] = [];
    for (const text of lines) {
      count += 1;
      if (count > expected) throw manifestInvalid(blob, `holds more than the ${expected} entries of the manifest`);
      const entry = parseEntry(`${blob}, line ${count},`, text, prefix);
      if (count === 1 && !entryKey(entry).startsWith(shard.first)) {
        throw manifestInvalid(blob, `begins with ${entry.path}, and the manifest says ${shard.first}`);
      }
      found.push({ entry, line: count });
    }
    yield found;
  }
  if (count < expected) throw manifestInvalid(blob, `holds ${count} entries, and the manifest says ${expected}`);
}

function parseEntry(where: string, text: string, prefix: string): ManifestEntry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw manifestInvalid(where, 'is not JSON', error);
  }
  const checked = checkEntry(value, prefix);
  if ('wrong' in checked) throw manifestInvalid(where, `is no entry that a backup writes (${checked.wrong})`);
  return checked.entry;
}

/** What a run left out, in no order, some of it twice. Throws `ManifestInvalid` for what no backup writes. */
export async function* readLeftOut(
  store: BlobStore,
  { leftOut = [] }: Manifest,
  signal: AbortSignal,
): AsyncGenerator<LeftOutRow, undefined> {
  for (const shard of leftOut) {
    const bytes = await readShardBytes(store, shard, signal);
    for await (const lines of readLines(shard.blob, bytes)) for (const line of lines) yield parse(shard.blob, line);
  }
  return undefined;
}

function parse(blob: string, line: string): LeftOutRow {
  try {
    return leftOutRowSchema.parse(JSON.parse(line));
  } catch (error) {
    throw manifestInvalid(blob, 'holds a line that no backup writes', error);
  }
}
