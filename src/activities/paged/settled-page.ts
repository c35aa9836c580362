import type { Page, Counts } from '../../contracts/job.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { CopyOutcome, PagedJob, PagedKind, PageRow } from './kind.ts';
import { asListed, settledLines, settledMark, writeOnce, type SettledRow } from './page.ts';
import { pageTally } from './seal-page.ts';
import { selectionMetadata, selectionOf, type SelectionResult } from './selection-result.ts';
import { readShard, requireShard, writeShard } from './shard.ts';

/** What a listing came to, and what stands in its shard. */
interface Settled<R> {
  readonly entries: readonly R[];
  /** Whether no page follows. */
  readonly last: boolean;
  readonly selection: SelectionResult;
}

/**
 * Keeps a page of which nothing has to be copied: its shard is written at once, and the page, empty, says so. Each is written once, and
 * where another attempt was first, what that one found is described.
 */
export async function writeSettledPage<
  J extends PagedJob,
  E extends PageRow,
  O extends CopyOutcome,
  R extends SettledRow,
  T extends Counts<T>,
>(
  store: BlobStore,
  kind: PagedKind<J, E, O, R, T>,
  job: J,
  { number, entries, ...found }: Settled<E> & { readonly number: number },
  signal: AbortSignal,
): Promise<Page> {
  const layout = jobLayout(kind.name, job);
  const shard = layout.shard(number);
  const settled = { ...found, entries: entries.map((entry) => kind.rowOf(entry, undefined, '')) };
  const isFirst = await writeShardOnce(
    store,
    shard,
    settled,
    pageTally(kind, settled.entries, found.selection),
    signal,
  );
  const kept: Settled<SettledRow> = isFirst ? settled : await readKept(store, shard, signal);
  const metadata = { ...selectionMetadata(kept.selection), ...settledMark };
  const listed = kept.entries.map(asListed);
  const page = { number, lines: settledLines, entries: listed, last: kept.last, metadata, shard };
  return writeOnce(store, layout.page(number), page, signal);
}

async function writeShardOnce(
  store: BlobStore,
  shard: string,
  { entries, last, selection }: Settled<SettledRow>,
  tally: object,
  signal: AbortSignal,
): Promise<boolean> {
  const metadata = { ...selectionMetadata(selection), last: String(last) };
  try {
    await writeShard(store, shard, entries, tally, signal, { once: true, metadata });
    return true;
  } catch (error) {
    if (isBlobStoreError(error, 'precondition-failed')) return false;
    throw error;
  }
}

async function readKept(store: BlobStore, shard: string, signal: AbortSignal): Promise<Settled<SettledRow>> {
  const found = await requireShard(store, shard, signal);
  const entries = await readShard<SettledRow>(store, shard, signal);
  return { entries, last: found.metadata['last'] === 'true', selection: selectionOf(found) };
}
