import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { z } from 'zod';
import { manifestInvalid } from '../../history/records/manifest-invalid.ts';
import { checkMetadata, readTwice, recordGone, sealMetadata } from '../../history/records/own-record.ts';
import { readBlob } from '../../history/records/read-blob.ts';
import { readLines } from '../../history/records/read-lines.ts';
import type { EncodedPath } from '../../contracts/encoded-path.ts';
import { entryKey, type EntryKind, type ManifestShard } from '../../contracts/manifest.ts';
import type { BlobProperties, BlobStore } from '../../storage/blob-store.ts';
import { toNdjson } from '../../storage/ndjson.ts';

const pack = promisify(gzip);

/** What every line of a shard tells at least, in a manifest and in a ledger alike. */
export interface Row {
  readonly path: EncodedPath;
  readonly kind: EntryKind;
}

/** The same of what became of a path. */
export interface OutcomeRow extends Row {
  readonly outcome: string;
  readonly reason?: string;
  /** Of what failed: another process had it in its hands, so that trying later may succeed. */
  readonly busy?: true;
}

/** Whether a job could not do with a path what it is for, or found that it is not as it should be. */
export function hasFailed({ outcome }: Pick<OutcomeRow, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'changed' || outcome === 'missing' || outcome === 'corrupt';
}

export function isBusy(row: Pick<OutcomeRow, 'outcome' | 'busy'>): boolean {
  return row.busy === true && hasFailed(row);
}

// Metadata of a blob may be 8 KiB in all, and this much of a key is up to 2,000 characters there.
const firstLength = 500;

const told = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
  entries: z.string().regex(/^\d+$/u),
  tally: z.string().transform((text, context) => {
    const { data, error } = z.record(z.string(), z.int().min(0)).safeParse(parseJson(text));
    if (error) context.addIssue({ code: 'custom', message: 'is no tally' });
    return data ?? {};
  }),
  // Of no rows it is empty, and some services leave out what is.
  first: z.string().default(''),
});

/**
 * The rows of a shard; none before it is first written. Throws `ManifestInvalid` when it is damaged. Memory holds no more rows than its
 * blob says that it has, whatever it unpacks to.
 */
export function readShard<R extends Row>(store: BlobStore, blob: string, signal: AbortSignal): Promise<R[]> {
  return readTwice(() => readOnce<R>(store, blob, signal));
}

async function readOnce<R extends Row>(store: BlobStore, blob: string, signal: AbortSignal): Promise<R[]> {
  const found = await readBlob(store, blob, signal);
  if (found === undefined) return [];
  const { sha256, entries } = describeShard({ name: blob, metadata: found.metadata }).shard;
  if (createHash('sha256').update(found.bytes).digest('hex') !== sha256) {
    throw manifestInvalid(blob, 'is not what it has the SHA-256 of');
  }
  const rows: R[] = [];
  for await (const lines of readLines(blob, found.bytes)) {
    if (rows.length + lines.length > entries) throw manifestInvalid(blob, `holds more than ${entries} rows`);
    rows.push(...parseRows<R>(blob, lines));
  }
  if (rows.length < entries) throw manifestInvalid(blob, `holds ${rows.length} rows of ${entries}`);
  return rows;
}

function parseRows<R extends Row>(blob: string, lines: readonly string[]): R[] {
  const rows = lines.map((line) => parseJson(line) as Partial<R>);
  if (rows.every((row) => typeof Object(row).path === 'string')) return rows as R[];
  throw manifestInvalid(blob, 'holds a line that is no row');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface ShardOptions {
  /** Throws `precondition-failed` where the shard is there already. */
  readonly once?: boolean;
  /** Told by the blob besides. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The blob of a shard. Throws `ManifestInvalid` where it is gone. */
export async function requireShard(store: BlobStore, blob: string, signal: AbortSignal): Promise<BlobProperties> {
  const found = await store.properties(blob, signal);
  if (found) return found;
  throw await recordGone(store, blob, signal);
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
    metadata: sealMetadata({
      ...metadata,
      sha256: createHash('sha256').update(shard).digest('hex'),
      entries: String(rows.length),
      tally: JSON.stringify(tally),
      first: Buffer.from(firstOf(rows)).toString('base64url'),
    }),
  });
}

/** What the blob of a shard says of it. Throws `ManifestInvalid` when that is damaged. */
export function describeShard({ name, metadata }: Pick<BlobProperties, 'name' | 'metadata'>): {
  shard: ManifestShard;
  tally: unknown;
} {
  checkMetadata(name, metadata);
  const { data, error } = told.safeParse(metadata);
  if (error)
    throw manifestInvalid(name, `says nothing of itself that could be used (${error.issues[0]?.path.join('.')})`);
  const { sha256, entries, tally, first } = data;
  return {
    shard: { blob: name, sha256, entries: Number(entries), first: Buffer.from(first, 'base64url').toString() },
    tally,
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
