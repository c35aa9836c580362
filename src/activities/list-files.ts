import { displayPath } from '../shared/encoded-path.ts';
import { entryKey, type PageEntry } from '../shared/manifest.ts';
import type { Copy, Page, Run } from '../shared/contract.ts';
import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';
import { runLayout } from '../storage/run-layout.ts';
import { confine } from '../shared/confine.ts';
import { createPacker } from './packer.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { walk } from './walk.ts';

const labelLength = 200;

/**
 * Lists the next page of the tree into a blob and plans its copies. A page is written once: an attempt that finds it there goes by
 * it, for copies read it by byte ranges and an earlier attempt's result may be in use.
 */
export function createListFiles({ store, roots }: ActivityDependencies) {
  return (run: Run, number: number, cursor?: string): Promise<Page> =>
    withFailureTypes(() => {
      let listed = 0;
      return withHeartbeat(
        async (signal) => {
          const realRoot = await confine(run.root, roots);
          const { entries, last } = await takePage(walk(realRoot, cursor), run, signal, () => (listed += 1));
          const page = { lines: assignCopies(entries, run, number === 0 && last), last };
          return describePage(number, await writeOnce(store, runLayout(run).page(number), page, signal));
        },
        () => ({ listed }),
      );
    });
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

async function takePage(entries: AsyncIterable<PageEntry>, run: Run, signal: AbortSignal, onEntry: () => void) {
  const page: PageEntry[] = [];
  const packer = createPacker(run.options);
  for await (const entry of entries) {
    signal.throwIfAborted();
    // Only when one more entry is there is a next page worth asking for.
    if (page.length > 0 && (page.length >= run.options.pageEntries || packer.count() >= run.options.pageCopies)) {
      return { entries: page, last: false };
    }
    page.push(entry);
    if (isFile(entry)) packer.add(entry.size);
    onEntry();
  }
  return { entries: page, last: true };
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

function isFile(entry: PageEntry): boolean {
  return entry.kind === 'file' && entry.error === undefined;
}
