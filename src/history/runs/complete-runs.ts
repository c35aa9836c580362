import type { Manifest } from '../../contracts/manifest.ts';
import { isGood } from '../../contracts/suspicion.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { newestManifests } from './newest-manifests.ts';
import { choosableRuns, type RunQuery } from './run-catalogue.ts';
import { noCompleteRun, severalRoots } from './run-not-found.ts';

/**
 * The manifests of all complete runs of a directory that are neither suspect nor forgotten, newest first. Throws an `ExpectedError`: `RunNotFound` when there is none, or when
 * no root is given and there are several, and what is wrong with a manifest that cannot be used.
 */
export async function completeRuns(
  store: BlobStore,
  { prefix, root }: Pick<RunQuery, 'prefix' | 'root'>,
  signal: AbortSignal,
): Promise<Manifest[]> {
  const complete: Manifest[] = [];
  const others: string[] = [];
  const ids = await choosableRuns(store, prefix, signal);
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found) throw found.fault;
    const { manifest } = found;
    if (root !== undefined && manifest.root !== root) continue;
    if (isGood(manifest)) complete.push(manifest);
    else others.push(manifest.run);
  }
  const roots = [...new Set(complete.map((manifest) => manifest.root))];
  if (roots.length > 1) throw severalRoots(roots);
  if (complete.length === 0) throw noCompleteRun({ prefix, run: 'latest', root }, others);
  return complete;
}
