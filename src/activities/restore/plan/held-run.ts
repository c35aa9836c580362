import { encodeSegment, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { ignoreFileName, type Filters } from '../../../contracts/filters.ts';
import { globBudget } from '../../../contracts/globs/glob-budget.ts';
import {
  entryKey,
  holdsContent,
  type Manifest,
  type ManifestEntry,
  type ManifestShard,
  type StoredFile,
} from '../../../contracts/manifest.ts';
import { parseIgnoreFile, withLevel, type IgnoreLevels } from '../../../files/walk/ignore-file.ts';
import { cacheTag } from '../../../files/walk/selection.ts';
import { readContent } from '../../../history/entries/read-content.ts';
import { readEntries, readLeftOut } from '../../../history/entries/read-entries.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { createRowLookup } from '../../paged/row-lookup.ts';
import { readLeftOutSet, type LeftOutSet } from './left-out-set.ts';

/** A run, to ask what it holds and what it left out. */
export interface HeldRun extends LeftOutSet {
  /** What the run lists at a path, of whatever kind and with whatever outcome. */
  readonly find: (path: EncodedPath) => Promise<HeldEntry | undefined>;
  /** The levels with the ignore file that it holds of a folder. Throws an {@link ExpectedError} where that cannot be read or used. */
  readonly withIgnoreFile: (levels: IgnoreLevels, folder: EncodedPath) => Promise<IgnoreLevels>;
  /** What the run holds in a folder that marks it as one that is left out; only of a run that does not tell what it left out. */
  readonly markerIn: (folder: EncodedPath) => Promise<string | undefined>;
}

/** What of an entry has to be known; the rest is let go of, for many are held. */
export type HeldEntry = Pick<ManifestEntry, 'kind' | 'outcome' | 'reason'>;

export async function openHeldRun(store: BlobStore, manifest: Manifest, signal: AbortSignal): Promise<HeldRun> {
  const rowsOf = async (shard: ManifestShard) => {
    const rows = new Map<string, HeldEntry | ManifestEntry>();
    for await (const entry of readEntries(store, { ...manifest, shards: [shard] }, {}, signal)) {
      const { path, kind, outcome, reason } = entry;
      const isNeeded = path === ignoreFileName || path.endsWith(`/${ignoreFileName}`);
      rows.set(entryKey(entry), isNeeded ? entry : { kind, outcome, ...(reason !== undefined && { reason }) });
    }
    return rows;
  };
  const lookUp = createRowLookup(manifest.shards, rowsOf);
  const find = async (path: EncodedPath) => (await lookUp(path)) ?? lookUp(`${path}/`);
  const markers = manifest.leftOut ? [] : markersOf(manifest.filters);
  return {
    ...(await readLeftOutSet(readLeftOut(store, manifest, signal))),
    find,
    withIgnoreFile: async (levels, folder) => {
      if (manifest.filters?.ignoreFiles === false) return levels;
      const entry = await lookUp(folder === '' ? ignoreFileName : `${folder}/${ignoreFileName}`);
      if (!entry || !('path' in entry) || !holdsContent(entry)) return levels;
      return withLevel(levels, folder, async (above) => parseIgnoreFile(await contentOf(store, entry, signal), above));
    },
    markerIn: async (folder) => {
      for (const name of markers) if (await find(`${folder}/${encodeSegment(Buffer.from(name))}`)) return name;
      return undefined;
    },
  };
}

function markersOf({ excludeIfPresent = [], excludeCaches = false }: Filters = {}): readonly string[] {
  return [...excludeIfPresent, ...(excludeCaches ? [cacheTag] : [])];
}

async function contentOf(store: BlobStore, file: StoredFile, signal: AbortSignal): Promise<Buffer> {
  const { ignoreFileBytes } = globBudget;
  if (file.size <= ignoreFileBytes) return Buffer.concat(await Array.fromAsync(readContent(store, file, signal)));
  const why = `its ${ignoreFileName} in the run is larger than ${ignoreFileBytes} bytes, so that it is unknown what to leave out`;
  throw new ExpectedError(failureTypes.rootUnreadable, why);
}
