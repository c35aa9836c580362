import { newestManifests } from '../runs/newest-manifests.ts';
import type { StoredManifest } from '../records/read-manifest.ts';
import { choosableRuns, type RunQuery } from '../runs/run-catalogue.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';

/**
 * The newest run that a job of this id left a manifest of; storage knows it for longer than Temporal does. A damaged manifest is passed
 * over: whose it is is not known. Throws an {@link ExpectedError} of type `RunNotFound` when there is none.
 */
export async function findRunOfInstance(
  store: BlobStore,
  { prefix, run: instanceId, root }: RunQuery,
  signal: AbortSignal,
): Promise<StoredManifest> {
  const ids = await choosableRuns(store, prefix, signal);
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found || found.manifest.instanceId !== instanceId) continue;
    if (root === undefined || found.manifest.root === root) return found;
  }
  throw new ExpectedError(
    failureTypes.runNotFound,
    `${JSON.stringify(instanceId)} names no run that has ended${root === undefined ? '' : ` of ${root}`}: give a run's id, latest, a time such as 2030-01-31T12:00:00Z, or the id of its instance`,
  );
}
