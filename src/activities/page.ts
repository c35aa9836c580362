import { displayPath } from '../shared/encoded-path.ts';
import { entryKey, type PageEntry } from '../shared/manifest.ts';
import type { Copy, Page, Run } from '../shared/contract.ts';
import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';
import { runLayout } from '../storage/run-layout.ts';
import { createPacker } from './packer.ts';

const labelLength = 200;

/**
 * Deals the files of a page out to copies, writes the page and describes it. A page is written once: an attempt that finds it there
 * goes by it, for copies read it by byte ranges and an earlier attempt's result may be in use. `last` says that no page follows.
 */
export async function writePage(
  store: BlobStore,
  run: Run,
  page: { readonly number: number; readonly entries: readonly PageEntry[]; readonly last: boolean },
  signal: AbortSignal,
): Promise<Page> {
  const { number, entries, last } = page;
  const planned = { lines: assignCopies(entries, run, number === 0 && last), last };
  return describePage(number, await writeOnce(store, runLayout(run).page(number), planned, signal));
}

/** A page as its blob holds it: one line for each entry, and whether the tree ends with it. */
interface StoredPage {
  readonly lines: string;
  readonly last: boolean;
}

async function writeOnce(store: BlobStore, name: string, page: StoredPage, signal: AbortSignal): Promise<StoredPage> {
  const metadata = { last: String(page.last) };
  try {
    await store.put(name, Buffer.from(page.lines), { signal, metadata, precondition: { absent: true } });
    return page;
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    const [found, lines] = await Promise.all([store.properties(name, signal), store.read(name, { from: 0 }, signal)]);
    return { lines: lines.toString(), last: found?.metadata['last'] === 'true' };
  }
}

function assignCopies(entries: readonly PageEntry[], { options }: Run, whole: boolean): string {
  const small = whole && entries.filter(isFile).length <= Math.min(options.smallTreeFiles, options.pageCopies);
  const packer = createPacker(small ? { packFiles: 1, packBytes: 0 } : options);
  return toNdjson(entries.map((entry) => (isFile(entry) ? { ...entry, copy: packer.add(entry.size) } : entry)));
}

function describePage(page: number, { lines, last }: StoredPage): Page {
  const entries = parseNdjson<PageEntry>(lines);
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
    files: copies.reduce((sum, { files }) => sum + files, 0),
    bytes: copies.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(!last && end && { cursor: entryKey(end) }),
  };
}

function extend(copy: Copy | undefined, entry: PageEntry, line: Pick<Copy, 'page' | 'number' | 'from' | 'to'>): Copy {
  if (copy === undefined)
    return { ...line, files: 1, bytes: entry.size, label: displayPath(entry.path).slice(0, labelLength) };
  const { label: _, ...rest } = copy;
  return { ...rest, to: line.to, files: copy.files + 1, bytes: copy.bytes + entry.size };
}

/** Whether an entry has bytes to copy. */
export function isFile(entry: PageEntry): boolean {
  return entry.kind === 'file' && entry.error === undefined;
}
