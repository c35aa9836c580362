import { findVersion } from '../../manifests/find-version.ts';
import type { StoredFile } from '../../shared/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Finding } from './listed-file.ts';

/** Asks storage for one file; undefined when it holds a version that says it is what the run stored. */
export async function lookUp(store: BlobStore, file: StoredFile, signal: AbortSignal): Promise<Finding | undefined> {
  if ((await findVersion(store, file, signal)) !== undefined) return undefined;
  const present = await store.properties(file.blob, signal);
  if (present === undefined) return { outcome: 'missing', reason: `there is no blob ${file.blob}` };
  const what = present.size === file.size ? 'other content' : `${present.size} bytes instead of ${file.size}`;
  return { outcome: 'corrupt', reason: `the blob holds ${what}, and no snapshot of it holds what the run stored` };
}
