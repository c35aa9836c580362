import { hash } from 'node:crypto';
import { encodeSegment, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { ignoreFileName, leavingOut, type Filters, type Why } from '../../../contracts/filters.ts';
import { globBudget } from '../../../contracts/globs/glob-budget.ts';
import {
  entryKey,
  holdsContent,
  type LeftOutRow,
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

/** A run, to ask what it holds and what it left out. */
export interface RunIndex extends LeftOutSet {
  /** What the run lists at a path, of whatever kind and with whatever outcome. */
  readonly find: (path: EncodedPath) => Promise<IndexedEntry | undefined>;
  /** The levels with the ignore file that it holds of a folder. Throws an {@link ExpectedError} where that cannot be read or used. */
  readonly withIgnoreFile: (levels: IgnoreLevels, folder: EncodedPath) => Promise<IgnoreLevels>;
  /** What the run holds in a folder that marks it as one that is left out; only of a run that does not tell what it left out. */
  readonly markerIn: (folder: EncodedPath) => Promise<string | undefined>;
}

/** What of an entry has to be known; the rest is let go of, for many are held. */
export type IndexedEntry = Pick<ManifestEntry, 'kind' | 'outcome' | 'reason'>;

export async function openRunIndex(store: BlobStore, manifest: Manifest, signal: AbortSignal): Promise<RunIndex> {
  const rowsOf = async (shard: ManifestShard) => {
    const rows = new Map<string, IndexedEntry | ManifestEntry>();
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

/** What a run left out, to ask by path. */
interface LeftOutSet {
  /** Why the run left out what was at this path, or what was in it; undefined where it did not. */
  readonly leftOut: (path: EncodedPath) => Why | undefined;
}

const digestBytes = 6;
// With the digest it fits into the 53 bits of a number.
const reasons = 16;

/**
 * Holds eight bytes of each path, whatever its length, so that a million take 8 MB. Two paths of one digest are so rare, one in a hundred
 * million where a million are held, that it may only cost a deletion.
 */
async function readLeftOutSet(rows: AsyncIterable<LeftOutRow>): Promise<LeftOutSet> {
  const numbers: number[] = [];
  for await (const { path, why } of rows) numbers.push(digestOf(path) * reasons + leavingOut.indexOf(why.by));
  const sorted = Float64Array.from(numbers).sort();
  return {
    leftOut: (path) => {
      const digest = digestOf(path);
      const found = sorted[firstNotBelow(sorted, digest * reasons)];
      if (found === undefined || Math.floor(found / reasons) !== digest) return undefined;
      const by = leavingOut[found % reasons];
      return by && { by };
    },
  };
}

function digestOf(path: EncodedPath): number {
  return hash('sha256', path, 'buffer').readUIntBE(0, digestBytes);
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
