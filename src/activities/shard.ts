import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { EncodedPath } from '../shared/encoded-path.ts';
import { entryKey, type EntryKind, type ManifestShard } from '../shared/manifest.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';

const pack = promisify(gzip);

/** What every line of a shard tells at least, in a manifest and in a ledger alike. */
export interface Row {
  readonly path: EncodedPath;
  readonly kind: EntryKind;
}

// Metadata of a blob may be 8 KiB in all, and this much of a key is up to 2,000 characters there.
const firstLength = 500;

/** The rows of a shard; none before it is first written. */
export async function readShard<R extends Row>(store: BlobStore, blob: string, signal: AbortSignal): Promise<R[]> {
  try {
    const shard = await store.read(blob, { from: 0 }, signal);
    return parseNdjson(gunzipSync(shard).toString());
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) return [];
    throw error;
  }
}

export interface ShardOptions {
  /** Throws `precondition-failed` where the shard is there already. */
  readonly once?: boolean;
  /** Told by the blob besides. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes rows, which stand in the order of {@link entryKey}, and what is needed of them later so that nobody need read them. */
export async function writeShard(
  store: BlobStore,
  blob: string,
  rows: readonly Row[],
  tally: object,
  signal: AbortSignal,
  { once = false, metadata = {} }: ShardOptions = {},
): Promise<void> {
  // In the thread pool, beside whatever else this thread has to do.
  const shard = await pack(toNdjson(rows));
  await store.put(blob, shard, {
    signal,
    ...(once && { precondition: { absent: true } }),
    contentType: 'application/x-ndjson+gzip',
    metadata: {
      ...metadata,
      sha256: createHash('sha256').update(shard).digest('hex'),
      entries: String(rows.length),
      tally: JSON.stringify(tally),
      first: Buffer.from(firstOf(rows)).toString('base64url'),
    },
  });
}

/** What the blob of a shard says of it. */
export function describeShard({ name, metadata }: BlobProperties): { shard: ManifestShard; tally: unknown } {
  const { sha256 = '', entries, tally = '', first = '' } = metadata;
  return {
    shard: { blob: name, sha256, entries: Number(entries), first: Buffer.from(first, 'base64url').toString() },
    tally: JSON.parse(tally),
  };
}

// A character beyond U+FFFF is two units; half of one is no text.
function firstOf([row]: readonly Row[]): string {
  return row === undefined
    ? ''
    : entryKey(row)
        .slice(0, firstLength)
        .replace(/[\ud800-\udbff]$/u, '');
}
