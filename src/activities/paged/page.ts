import { displayPath } from '../../contracts/encoded-path.ts';
import { printable } from '../../lib/printable.ts';
import { afterUnread, entryKey } from '../../contracts/manifest.ts';
import type { JobOptions, Slice, Page } from '../../contracts/job.ts';
import { manifestInvalid } from '../../history/records/manifest-invalid.ts';
import {
  checkMetadata,
  findRecord,
  readRecord,
  readRows,
  recordGone,
  writeRecord,
} from '../../history/records/own-record.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import { createPacker } from './fill-page.ts';
import type { PagedJob, PagedKind, PageRow } from './kind.ts';
import { selectionOf } from './selection-result.ts';
import { readShard, type OutcomeRow } from './shard.ts';

const labelLength = 200;

/** A page as it was listed, not yet dealt out to copies. */
export interface ListedPage<E extends PageRow> {
  readonly number: number;
  readonly entries: readonly E[];
  /** Whether no page follows. */
  readonly last: boolean;
  /** Told by the page's blob besides. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Where its rows are if another attempt has found that nothing of it has to be copied. */
  readonly shard?: string;
}

/**
 * Deals the entries of a page that need it out to copies, writes the page and describes it. A page is written once: an attempt that
 * finds it there goes by it, for copies read it by byte ranges and an earlier attempt's result may be in use.
 */
export async function writePage<J extends PagedJob, E extends PageRow>(
  store: BlobStore,
  { name, needsCopy }: Pick<PagedKind<J, E, never, never, never>, 'name' | 'needsCopy'>,
  job: J,
  listed: ListedPage<E>,
  signal: AbortSignal,
): Promise<Page> {
  const entries = assignCopies(listed, job.options, needsCopy(job));
  const blob = jobLayout(name, job).page(listed.number);
  return writeOnce(store, blob, { ...listed, entries, lines: toCheckedLines(entries) }, signal);
}

/** Describes a page that was written before. Throws `ManifestInvalid` when it was not, or is damaged. */
export async function readPage(store: BlobStore, blob: string, number: number, signal: AbortSignal): Promise<Page> {
  const stored = await readStored(store, blob, signal);
  if (stored === undefined) throw await recordGone(store, blob, signal);
  return describePage(number, stored);
}

/** The entries of a page that one copy takes along. Throws `ManifestInvalid` where they are not those that it was made of. */
export async function readSlice<R extends PageRow>(
  store: BlobStore,
  blob: string,
  { from, to, number, files }: Slice,
  signal: AbortSignal,
): Promise<R[]> {
  const rows = await readRows<R>(store, blob, { from, to, key: 'path' }, signal);
  const entries = rows.filter(({ copy }) => copy === number);
  if (entries.length === files) return entries;
  throw manifestInvalid(blob, `names ${entries.length} files for copy ${number}, and was written with ${files}`);
}

/** What a page's blob tells besides its lines. Throws `ManifestInvalid` when it is gone or that is damaged. */
export async function readListing(store: BlobStore, blob: string, signal: AbortSignal): Promise<BlobProperties> {
  const found = await store.properties(blob, signal);
  if (found === undefined) throw await recordGone(store, blob, signal);
  checkMetadata(blob, found.metadata);
  return found;
}

/** All entries of a page, which is not settled. Throws `ManifestInvalid` when it is gone or damaged. */
export async function readEntriesOf<R extends PageRow>(
  store: BlobStore,
  blob: string,
  signal: AbortSignal,
  listing?: BlobProperties,
): Promise<readonly R[]> {
  return (await readRecord<R>(store, blob, 'path', signal, listing)).rows;
}

/** A page as its blob holds it: its entries, one line for each, and whether the tree ends with it. */
interface StoredPage {
  readonly entries: readonly PageRow[];
  /** None where its rows stand in a shard. */
  readonly lines: readonly string[];
  readonly last: boolean;
  /** What the page's blob tells besides. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Writes a page unless it is there, and describes the one that is. */
export async function writeOnce(
  store: BlobStore,
  name: string,
  page: StoredPage & Pick<ListedPage<PageRow>, 'number' | 'shard'>,
  signal: AbortSignal,
): Promise<Page> {
  const { number, lines, last } = page;
  const metadata = { ...page.metadata, last: String(last) };
  try {
    await writeRecord(store, name, lines, { signal, metadata, precondition: { absent: true } });
    return describePage(number, page);
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    const stored = await readStored(store, name, signal, page.shard);
    // Refused, and yet nothing is there: the next attempt writes it.
    if (stored === undefined) throw error;
    return describePage(number, stored);
  }
}

/**
 * Metadata of a page of which nothing has to be copied: its shard has its rows. What stands in such a page is no line that could be read, so
 * that a worker of an earlier version does not take it for one of an empty directory.
 */
export const settledMark = { settled: 'true' } as const;
export const settledLines = ['settled\n'] as const;

export function isSettled(page: Pick<BlobProperties, 'metadata'> | undefined): boolean {
  return page?.metadata['settled'] === settledMark.settled;
}

async function readStored(
  store: BlobStore,
  name: string,
  signal: AbortSignal,
  shard?: string,
): Promise<StoredPage | undefined> {
  const found = await store.properties(name, signal);
  if (found === undefined) return undefined;
  checkMetadata(name, found.metadata);
  const { metadata } = found;
  if (metadata['last'] !== 'true' && metadata['last'] !== 'false') {
    throw manifestInvalid(name, 'does not say whether it is the last page');
  }
  const told = { last: metadata['last'] === 'true', metadata };
  if (shard !== undefined && isSettled(found))
    return { ...told, entries: (await readShard<SettledRow>(store, shard, signal)).map(asListed), lines: [] };
  const record = await findRecord<PageRow>(store, name, 'path', signal, found);
  return record && { ...told, entries: record.rows, lines: record.lines };
}

/** A row of the shard of a page of which nothing has to be copied. */
export type SettledRow = OutcomeRow & Pick<PageRow, 'size'>;

/** What it says of its listing. */
export function asListed({ reason, ...row }: SettledRow): PageRow {
  return row.outcome === 'failed' && reason !== undefined ? { ...row, error: reason } : row;
}

function assignCopies<E extends PageRow>(
  { number, entries, last }: ListedPage<E>,
  options: JobOptions,
  needsCopy: (entry: E) => boolean,
): E[] {
  const whole = number === 0 && last;
  const small = whole && entries.filter(needsCopy).length <= Math.min(options.smallTreeFiles, options.pageCopies);
  const packer = createPacker(small ? { packFiles: 1, packBytes: 0 } : options);
  return entries.map((entry) => (needsCopy(entry) ? { ...entry, copy: packer.add(entry.size) } : entry));
}

function describePage(page: number, { entries, lines, last, metadata = {} }: StoredPage): Page {
  const { excluded } = selectionOf({ metadata });
  const files = entries.filter(({ kind }) => kind === 'file');
  const copies: Slice[] = [];
  let offset = 0;
  for (const [i, line] of lines.entries()) {
    const entry = entries[i];
    const from = offset;
    offset += Buffer.byteLength(line);
    if (entry?.copy === undefined) continue;
    copies[entry.copy] = extend(copies[entry.copy], entry, { page, number: entry.copy, from, to: offset });
  }
  const end = entries.at(-1);
  return {
    number: page,
    copies,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    ...(excluded > 0 && { excluded }),
    ...(!last && end && { cursor: cursorAfter(end) }),
  };
}

function cursorAfter(end: PageRow): string {
  const isUnread = end.kind === 'directory' && end.error !== undefined;
  return isUnread ? afterUnread(entryKey(end)) : entryKey(end);
}

function extend(copy: Slice | undefined, entry: PageRow, line: Pick<Slice, 'page' | 'number' | 'from' | 'to'>): Slice {
  if (copy === undefined)
    return { ...line, files: 1, bytes: entry.size, label: printable(displayPath(entry.path)).slice(0, labelLength) };
  const { label: _, ...rest } = copy;
  return { ...rest, to: line.to, files: copy.files + 1, bytes: copy.bytes + entry.size };
}
