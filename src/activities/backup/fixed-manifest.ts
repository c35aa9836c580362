import { readManifest } from '../../history/records/read-manifest.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';

/** The manifest that a restore or a verification is of. Throws an {@link ExpectedError} when it is another than the one that was checked. */
export async function readFixedManifest(
  store: BlobStore,
  job: { readonly prefix: string; readonly run: string; readonly manifestEtag: string },
  signal: AbortSignal,
): Promise<Manifest> {
  const found = await readManifest(store, { prefix: job.prefix, id: job.run }, signal);
  if (found?.etag === job.manifestEtag) return found.manifest;
  throw new ExpectedError(
    failureTypes.manifestInvalid,
    `the manifest of run ${job.run} is another than when it was checked: start again`,
  );
}
