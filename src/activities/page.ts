import { displayPath } from '../shared/encoded-path.ts';
import { entryKey } from '../shared/manifest.ts';
import type { BackupOptions, Copy, Page } from '../shared/contract.ts';
import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';
import { createPacker } from './packer.ts';
import type { Row } from './shard.ts';

const labelLength = 200;

/** What every line of a page tells at least, in a backup, a restore and a verification alike. */
export interface PageRow extends Row {
  /** Bytes. */
  readonly size: number;
  /** The copy of this page that takes the file along. */
  readonly copy?: number;
}

/** A page as it was listed, not yet dealt out to copies. */
export interface PagePlan<R extends PageRow> {
  readonly number: number;
  readonly entries: readonly R[];
  /** Whether no page follows. */
  readonly last: boolean;
  readonly options: BackupOptions;
  /** Whether an activity has to do something about the entry. */
  readonly needsCopy: (entry: R) => boolean;
  /** Told by the page's blob besides. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Deals the entries of a page that need it out to copies, writes the page and describes it. A page is written once: an attempt that
 * finds it there goes by it, for copies read it by byte ranges and an earlier attempt's result may be in use.
 */
export async function writePage<R extends PageRow>(
  store: BlobStore,
  blob: string,
  plan: PagePlan<R>,
  signal: AbortSignal,
): Promise<Page> {
  return describePage(plan.number, await writeOnce(store, blob, plan, signal));
}

/** Describes a page that was written before. Throws `not-found` when it was not. */
export async function readPage(store: BlobStore, blob: string, number: number, signal: AbortSignal): Promise<Page> {
  return describePage(number, await readStored(store, blob, signal));
}

/** The entries of a page that one copy takes along. */
export async function readCopy<R extends PageRow>(
  store: BlobStore,
  blob: string,
  { from, to, number }: Copy,
  signal: AbortSignal,
): Promise<R[]> {
  const lines = await store.read(blob, { from, to }, signal);
  return parseNdjson<R>(lines.toString()).filter(({ copy }) => copy === number);
}

/** A page as its blob holds it: one line for each entry, and whether the tree ends with it. */
interface StoredPage {
  readonly lines: string;
  readonly last: boolean;
}

async function writeOnce<R extends PageRow>(
  store: BlobStore,
  name: string,
  plan: PagePlan<R>,
  signal: AbortSignal,
): Promise<StoredPage> {
  const { last } = plan;
  const lines = assignCopies(plan);
  const metadata = { ...plan.metadata, last: String(last) };
  try {
    await store.put(name, Buffer.from(lines), { signal, metadata, precondition: { absent: true } });
    return { lines, last };
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    return readStored(store, name, signal).catch((reading: unknown) => {
      // Refused, and yet nothing is there: the next attempt writes it.
      throw isBlobStoreError(reading, 'not-found') ? error : reading;
    });
  }
}

async function readStored(store: BlobStore, name: string, signal: AbortSignal): Promise<StoredPage> {
  const [found, stored] = await Promise.all([store.properties(name, signal), store.read(name, { from: 0 }, signal)]);
  return { lines: stored.toString(), last: found?.metadata['last'] === 'true' };
}

function assignCopies<R extends PageRow>({ number, entries, last, options, needsCopy }: PagePlan<R>): string {
  const whole = number === 0 && last;
  const small = whole && entries.filter(needsCopy).length <= Math.min(options.smallTreeFiles, options.pageCopies);
  const packer = createPacker(small ? { packFiles: 1, packBytes: 0 } : options);
  return toNdjson(entries.map((entry) => (needsCopy(entry) ? { ...entry, copy: packer.add(entry.size) } : entry)));
}

function describePage(page: number, { lines, last }: StoredPage): Page {
  const entries = parseNdjson<PageRow>(lines);
  const files = entries.filter(({ kind }) => kind === 'file');
  const copies: Copy[] = [];
  let offset = 0;
  for (const [i, line] of lines.split('\n').slice(0, -1).entries()) {
    const entry = entries[i];
    const from = offset;
    offset += Buffer.byteLength(line) + 1;
    if (entry?.copy === undefined) continue;
    copies[entry.copy] = extend(copies[entry.copy], entry, { page, number: entry.copy, from, to: offset });
  }
  const end = entries.at(-1);
  return {
    number: page,
    copies,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    ...(!last && end && { cursor: entryKey(end) }),
  };
}

function extend(copy: Copy | undefined, entry: PageRow, line: Pick<Copy, 'page' | 'number' | 'from' | 'to'>): Copy {
  if (copy === undefined)
    return { ...line, files: 1, bytes: entry.size, label: displayPath(entry.path).slice(0, labelLength) };
  const { label: _, ...rest } = copy;
  return { ...rest, to: line.to, files: copy.files + 1, bytes: copy.bytes + entry.size };
}
