import type { Page, SealedPage, Tally } from '../../contracts/contract.ts';
import type { ManifestEntry, PageEntry } from '../../contracts/manifest.ts';
import { recordGone } from '../../history/records/own-record.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore } from '../../storage/blob-store.ts';
import type { JobLayout } from '../../storage/run-layout.ts';
import { failuresOf, manifestEntry } from '../backup/manifest-entry.ts';
import { pageTally } from './page-tally.ts';
import { asListed, settledLines, settledMark, writeOnce } from './page.ts';
import { reportedFailures } from './reported-failures.ts';
import { selectionMetadata, selectionOf, type SelectionResult } from './selection-result.ts';
import { describeShard, readShard, writeShard } from './shard.ts';

/** A page of which nothing has to be copied. */
interface SettledPage {
  readonly number: number;
  readonly entries: readonly PageEntry[];
  /** Whether no page follows. */
  readonly last: boolean;
  readonly selection: SelectionResult;
}

/**
 * Keeps a page of which nothing has to be copied: its shard is written at once, and the page, empty, says so. Each is written once, and
 * where another attempt was first, what that one found is described.
 */
export async function writeSettledPage(
  store: BlobStore,
  layout: JobLayout,
  { number, entries, ...found }: SettledPage,
  signal: AbortSignal,
): Promise<Page> {
  const shard = layout.shard(number);
  const rows = { ...found, entries: entries.map((entry) => manifestEntry(entry)) };
  const kept = (await writeShardOnce(store, shard, rows, signal)) ? rows : await readKept(store, shard, signal);
  const metadata = { ...selectionMetadata(kept.selection), ...settledMark };
  const listed = kept.entries.map(asListed);
  const page = { number, lines: settledLines, entries: listed, last: kept.last, metadata, shard };
  return writeOnce(store, layout.page(number), page, signal);
}

/** What sealing returns of a page that was settled when it was listed. Throws `ManifestInvalid` where its shard is gone or damaged. */
export async function readSettledPage(
  store: BlobStore,
  layout: JobLayout,
  page: number,
  signal: AbortSignal,
): Promise<SealedPage> {
  const tally = describeShard(await requireShard(store, layout.shard(page), signal)).tally as Tally;
  const rows = tally.failed === 0 ? [] : await readShard<ManifestEntry>(store, layout.shard(page), signal);
  return { tally, failures: reportedFailures(failuresOf(rows)) };
}

type Rows = Omit<SettledPage, 'number' | 'entries'> & { readonly entries: readonly ManifestEntry[] };

async function writeShardOnce(
  store: BlobStore,
  shard: string,
  { entries, last, selection }: Rows,
  signal: AbortSignal,
): Promise<boolean> {
  const metadata = { ...selectionMetadata(selection), last: String(last) };
  try {
    await writeShard(store, shard, entries, pageTally(entries, selection), signal, { once: true, metadata });
    return true;
  } catch (error) {
    if (isBlobStoreError(error, 'precondition-failed')) return false;
    throw error;
  }
}

async function readKept(store: BlobStore, shard: string, signal: AbortSignal): Promise<Rows> {
  const found = await requireShard(store, shard, signal);
  const entries = await readShard<ManifestEntry>(store, shard, signal);
  return { entries, last: found.metadata['last'] === 'true', selection: selectionOf(found) };
}

async function requireShard(store: BlobStore, shard: string, signal: AbortSignal): Promise<BlobProperties> {
  const found = await store.properties(shard, signal);
  if (found) return found;
  throw await recordGone(store, shard, signal);
}
