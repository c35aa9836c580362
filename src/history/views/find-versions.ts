import { joinByPath } from '../entries/join-by-path.ts';
import type { Manifest, ManifestEntry } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { entryState, pathRow, type EntryState, type PathRow, matchingEntries, meaningOf } from './list-entries.ts';
import { microseconds } from '../../lib/microseconds.ts';
import { isHeld } from './run-info.ts';

/** What runs hold at a path, where it is the same in all of them, its time to the microsecond. */
export interface VersionRow extends PathRow, EntryState {
  /** The runs that have it, in the order in which they were given. */
  readonly runs: readonly string[];
}

/** What runs hold at the paths that a pattern means, each version of a path once, those of the runs given first before others. */
export async function* findVersions(
  store: BlobStore,
  manifests: readonly Manifest[],
  pattern: string,
  signal: AbortSignal,
): AsyncGenerator<VersionRow> {
  const meaning = await meaningOf(store, manifests, pattern, signal);
  const sources = manifests.map((manifest) => matchingEntries(store, manifest, meaning, signal));
  for await (const found of joinByPath(sources)) {
    const versions = new Map<string, { entry: ManifestEntry; runs: string[] }>();
    for (const [at, entry] of found.entries()) {
      const run = manifests[at]?.run;
      if (run === undefined || !entry || !isHeld(entry)) continue;
      const { kind, size, mtimeNs, sha256, target } = entry;
      const same = JSON.stringify([kind, size, String(microseconds(mtimeNs)), sha256, target]);
      const version = versions.get(same) ?? { entry, runs: [] };
      version.runs.push(run);
      versions.set(same, version);
    }
    for (const { entry, runs } of versions.values()) yield { ...pathRow(entry), ...entryState(entry), runs };
  }
}
