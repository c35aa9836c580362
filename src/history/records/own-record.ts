import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore, type WriteOptions } from '../../storage/blob-store.ts';
import { carriesChecks, checkOf, parseNdjson, splitLines } from '../../storage/ndjson.ts';
import { manifestInvalid } from './manifest-invalid.ts';
import { readBlob } from './read-blob.ts';

/** The field that every line of a record has. */
export type RecordKey = 'path' | 'name' | 'id';

/** What a job wrote down to go on by, once it has passed every check. */
export interface OwnRecord<R> {
  readonly rows: readonly R[];
  /** The same as they stand there. */
  readonly lines: readonly string[];
  readonly metadata: BlobProperties['metadata'];
}

/** Writes lines, as `toCheckedLines` makes them, with how many there are, and returns the blob's etag. */
export function writeRecord(
  store: BlobStore,
  name: string,
  lines: readonly string[],
  options: WriteOptions,
): Promise<string> {
  const metadata = sealMetadata({ ...options.metadata, entries: String(lines.length) });
  return store.put(name, Buffer.from(lines.join('')), { ...options, metadata });
}

/**
 * A record, or undefined when there is none; `listed` spares looking it up. Throws `ManifestInvalid`, which names the blob and what can be
 * done, for one that is damaged: what an earlier version wrote has no checksums and no count, and is checked by its form alone.
 */
export async function findRecord<R>(
  store: BlobStore,
  name: string,
  key: RecordKey,
  signal: AbortSignal,
  listed?: BlobProperties,
): Promise<OwnRecord<R> | undefined> {
  return readTwice(async (isAgain) => {
    const found = await readBlob(store, name, signal, isAgain ? undefined : listed);
    return found && checkRecord<R>(name, key, found);
  });
}

function checkRecord<R>(
  name: string,
  key: RecordKey,
  { bytes, metadata }: Pick<BlobProperties, 'metadata'> & { readonly bytes: Buffer },
): OwnRecord<R> {
  checkMetadata(name, metadata);
  const text = bytes.toString();
  const rows = parseRows<R>(name, text, key);
  const { entries } = metadata;
  if (entries === undefined && lacksMetadata(text, metadata)) {
    throw manifestInvalid(name, 'has lost the metadata that were written with it');
  }
  if (entries !== undefined && entries !== String(rows.length)) {
    throw manifestInvalid(name, `holds ${rows.length} lines, and was written with ${entries}`);
  }
  return { rows, lines: splitLines(text), metadata };
}

/** The same of a record that must be there. */
export async function readRecord<R>(...args: Parameters<typeof findRecord>): Promise<OwnRecord<R>> {
  const found = await findRecord<R>(...args);
  if (found === undefined) throw await recordGone(args[0], args[1], args[3]);
  return found;
}

/** The rows in a range of a record's bytes, which must be whole lines. Throws `ManifestInvalid` as {@link findRecord} does. */
export async function readRows<R>(
  store: BlobStore,
  name: string,
  { from, to, key }: { readonly from: number; readonly to: number; readonly key: RecordKey },
  signal: AbortSignal,
): Promise<R[]> {
  try {
    return await readTwice(async () =>
      parseRows<R>(name, (await store.read(name, { from, to }, signal)).toString(), key),
    );
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) throw await recordGone(store, name, signal);
    const isCut = isBlobStoreError(error, 'refused') && ((await store.properties(name, signal))?.size ?? to) < to;
    throw isCut ? manifestInvalid(name, `is shorter than the ${to} bytes that were written`) : error;
  }
}

/** Does it once more where it throws `ManifestInvalid`: bytes that went wrong on the way come right when they are asked for again. */
export async function readTwice<T>(read: (isAgain: boolean) => Promise<T>): Promise<T> {
  try {
    return await read(false);
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.type !== failureTypes.manifestInvalid) throw error;
    return read(true);
  }
}

/** The error about a blob of a job's own that is no longer there. Throws `not-found` where the whole container is gone. */
export async function recordGone(store: BlobStore, name: string, signal: AbortSignal): Promise<ExpectedError> {
  // Unlike a look at the blob, a listing tells the two apart.
  for await (const _ of store.list(name, signal)) break;
  return manifestInvalid(name, 'was there and is gone');
}

/** Metadata with a checksum. */
export function sealMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return { ...metadata, check: checkOfMetadata(metadata) };
}

/** Throws `ManifestInvalid` when the metadata are not those of which their checksum was made. */
export function checkMetadata(name: string, { check, ...metadata }: Readonly<Record<string, string>>): void {
  if (check !== undefined && check !== checkOfMetadata(metadata)) {
    throw manifestInvalid(name, 'has other metadata than were written with it');
  }
}

// Some services leave out what is empty.
function checkOfMetadata(metadata: Readonly<Record<string, string>>): string {
  const names = Object.keys(metadata).filter((name) => metadata[name] !== '');
  return checkOf(JSON.stringify(metadata, names.toSorted()));
}

function parseRows<R>(name: string, text: string, key: RecordKey): R[] {
  let rows: Partial<Record<RecordKey, unknown>>[];
  try {
    rows = parseNdjson(text);
  } catch (error) {
    throw manifestInvalid(name, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
  }
  if (rows.every((row) => typeof Object(row)[key] === 'string')) return rows as R[];
  throw manifestInvalid(name, `holds a line without a ${key}`);
}

// Whoever writes checksums tells how many lines there are; and nobody writes an empty blob without telling anything of it.
function lacksMetadata(text: string, metadata: Readonly<Record<string, string>>): boolean {
  return carriesChecks(text) || (text === '' && Object.keys(metadata).length === 0);
}
