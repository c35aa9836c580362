import { log } from '@temporalio/activity';
import { readEntries } from '../../history/entries/read-entries.ts';
import { readManifest } from '../../history/records/read-manifest.ts';
import { blobName, encodeRoot } from '../../history/records/blob-names.ts';
import type { Run } from '../../contracts/backup.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import {
  entryKey,
  holdsContent,
  type FileAttributes,
  type ManifestEntry,
  type PageEntry,
} from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { openCorruptBlobs } from './corrupt-blobs.ts';
import { followEntries } from '../paged/follow-entries.ts';

/** What is compared with: the base of a run, as far as it has one. */
export type ComparedRun = Pick<Run, 'prefix' | 'root' | 'base' | 'unchanged'>;

interface ComparedAt {
  /** Where the listing goes on. */
  readonly after: string | undefined;
  readonly signal: AbortSignal;
  /** Is told when the base run cannot be read any further, and why; the activity's log is, unless given. */
  readonly onUnreadable?: (base: string, reason: string) => void;
}

/** Adds to each listed file what the base run stored of it. Entries come in the order of the walk, after `after`. */
export async function* compareWithBase(
  store: BlobStore,
  run: ComparedRun,
  entries: AsyncIterable<PageEntry>,
  at: ComparedAt,
): AsyncGenerator<PageEntry> {
  const root = encodeRoot(run.root, process.platform);
  const base = followEntries(baseEntries(store, run, at));
  const corrupt = run.unchanged?.endsWith('look-up') === true ? await openCorruptBlobs(store, run, at) : undefined;
  try {
    for await (const entry of entries) {
      const stored = entry.kind === 'file' ? await base.at(entryKey(entry)) : undefined;
      const isSame = stored?.blob === blobName(run.prefix, root, entry.path);
      const compared = isSame ? withBefore(entry, stored) : entry;
      // Without what was before, the file is sent again.
      yield (await corrupt?.includes(compared)) === true ? entry : compared;
    }
  } finally {
    await Promise.all([base.close(), corrupt?.close()]);
  }
}

/**
 * The entries of the base. What cannot be read of it is missing from it: then files count as new, which costs time and is never wrong.
 */
export async function* baseEntries(
  store: BlobStore,
  { prefix, base }: Pick<ComparedRun, 'prefix' | 'base'>,
  { after, signal, onUnreadable = warnOf }: ComparedAt,
): AsyncGenerator<ManifestEntry> {
  if (base === undefined) return;
  try {
    const found = await readManifest(store, { prefix, id: base }, signal);
    if (found) yield* readEntries(store, found.manifest, after === undefined ? {} : { after }, signal);
    else onUnreadable(base, 'it is gone');
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    onUnreadable(base, error.message);
  }
}

function warnOf(run: string, reason: string): void {
  log.warn('the last run cannot be read from here on; its files count as new', { run, reason });
}

function withBefore(entry: PageEntry, stored: ManifestEntry): PageEntry {
  if (!holdsContent(stored)) return entry;
  const { blob, etag, sha256, size } = stored;
  return { ...entry, before: { blob, etag, sha256, size }, ...(isAsBefore(entry, stored) && { asBefore: true }) };
}

function isAsBefore(now: FileAttributes, before: ManifestEntry): boolean {
  const isSame = now.size === before.size && now.mtimeNs === before.mtimeNs && now.ctimeNs === before.ctimeNs;
  return isSame && before.readAgain !== true;
}
