import type { Page, SealedPage, Tally } from '../shared/contract.ts';
import type { ManifestEntry, PageEntry } from '../shared/manifest.ts';
import { emptyTally, sumTallies, tallyOf } from '../shared/tally.ts';
import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import type { JobLayout } from '../storage/run-layout.ts';
import { failuresOf, manifestEntry } from './manifest-entry.ts';
import { isSettled, settledMark, writeOnce } from './page.ts';
import { reportedFailures } from './reported-failures.ts';
import { describeShard, readShard, writeShard } from './shard.ts';

/** A page of which nothing has to be copied. */
interface SettledPage {
  readonly number: number;
  readonly entries: readonly PageEntry[];
  /** Whether no page follows. */
  readonly last: boolean;
}

/**
 * Keeps a page of which nothing has to be copied: its shard is written at once, and the page, empty, says so. Each is written once, and
 * where another attempt was first, what that one found is described.
 */
export async function writeSettledPage(
  store: BlobStore,
  layout: JobLayout,
  { number, entries, last }: SettledPage,
  signal: AbortSignal,
): Promise<Page> {
  const shard = layout.shard(number);
  const rows = entries.map((entry) => manifestEntry(entry));
  const page = { number, lines: [], metadata: settledMark, shard };
  const isFirst = await writeShardOnce(store, shard, rows, last, signal);
  const kept = isFirst ? { entries: rows, last } : await readKept(store, shard, signal);
  return writeOnce(store, layout.page(number), { ...page, ...kept }, signal);
}

/** What sealing returns of a page that was settled when it was listed; undefined of any other. */
export async function sealedWhenListed(
  store: BlobStore,
  layout: JobLayout,
  page: number,
  signal: AbortSignal,
): Promise<SealedPage | undefined> {
  if (!isSettled(await store.properties(layout.page(page), signal))) return undefined;
  const shard = await store.properties(layout.shard(page), signal);
  if (shard === undefined) return undefined;
  const tally = describeShard(shard).tally as Tally;
  const rows = tally.failed === 0 ? [] : await readShard<ManifestEntry>(store, layout.shard(page), signal);
  return { tally, failures: reportedFailures(failuresOf(rows)) };
}

async function writeShardOnce(
  store: BlobStore,
  shard: string,
  rows: readonly ManifestEntry[],
  last: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const tally = sumTallies(rows.map(tallyOf), emptyTally);
    await writeShard(store, shard, rows, tally, signal, { once: true, metadata: { last: String(last) } });
    return true;
  } catch (error) {
    if (isBlobStoreError(error, 'precondition-failed')) return false;
    throw error;
  }
}

async function readKept(store: BlobStore, shard: string, signal: AbortSignal) {
  const [found, entries] = await Promise.all([
    store.properties(shard, signal),
    readShard<ManifestEntry>(store, shard, signal),
  ]);
  return { entries, last: found?.metadata['last'] === 'true' };
}
