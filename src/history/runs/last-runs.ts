import type { Filters } from '../../contracts/filters.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { isGood, isSuspect, sameFilters, type Reference } from '../../contracts/suspicion.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { newestManifests, choosableRuns } from './run-catalogue.ts';

/** The runs of a root that the next one goes by. */
export interface LastRuns {
  /** The newest one that is not suspect, complete or not: it tells what is unchanged. */
  readonly base?: Manifest;
  /** The good one that tells whether the next one is suspect: the newest that was asked for the same part of the tree, or else the newest. */
  readonly reference?: Manifest;
}

interface Root {
  readonly prefix: string;
  readonly root: string;
}

// For filters that were never used before, a long history would be read in vain.
const filtersLookBack = 50;

/** Looks for them from the newest run on, among the manifests that can be used. Forgotten runs do not count. */
export async function lastRuns(
  store: BlobStore,
  { filters, ...root }: Root & { readonly filters?: Filters | undefined },
  signal: AbortSignal,
): Promise<LastRuns> {
  let last: LastRuns = {};
  let looked = 0;
  for await (const manifest of unsuspected(store, root, signal)) {
    last = { base: manifest, ...last };
    if (!isGood(manifest)) continue;
    if (sameFilters(manifest.filters, filters)) return { ...last, reference: manifest };
    last = { reference: manifest, ...last };
    looked += 1;
    if (looked >= filtersLookBack) break;
  }
  return last;
}

/** What a run that is asked for with these wishes is compared with; undefined when nothing can make it suspect. */
export function referenceFor(
  { reference }: LastRuns,
  { filters, expectLoss = false }: { readonly expectLoss?: boolean; readonly filters?: Filters | undefined },
): Reference | undefined {
  if (!reference || expectLoss) return undefined;
  const { run, files, fileSystem } = reference;
  const otherFilters = !sameFilters(reference.filters, filters);
  return { run, files, ...(fileSystem && { fileSystem }), ...(otherFilters && { otherFilters }) };
}

async function* unsuspected(
  store: BlobStore,
  { prefix, root }: Root,
  signal: AbortSignal,
): AsyncGenerator<Manifest, undefined> {
  const ids = await choosableRuns(store, prefix, signal);
  for await (const found of newestManifests(store, prefix, ids, signal))
    if ('manifest' in found && found.manifest.root === root && !isSuspect(found.manifest)) yield found.manifest;
  return undefined;
}
