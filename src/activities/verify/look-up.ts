import { findVersion } from '../../history/entries/find-version.ts';
import type { StoredFile } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Finding } from './kind.ts';

/** Of what is in the archive tier. */
export const archived: Finding = {
  outcome: 'archived',
  reason:
    'it is in the archive tier: before it can be restored, set its tier to Hot or Cool and wait some hours for that',
};

/** Asks storage for one file; undefined when it holds a version that says it is what the run stored, and that can be read. */
export async function lookUp(store: BlobStore, file: StoredFile, signal: AbortSignal): Promise<Finding | undefined> {
  const version = await findVersion(store, file, signal);
  if (version) return version.archived ? archived : undefined;
  const present = await store.properties(file.blob, signal);
  if (present === undefined) return { outcome: 'missing', reason: `there is no blob ${file.blob}` };
  const what = present.size === file.size ? 'other content' : `${present.size} bytes instead of ${file.size}`;
  return { outcome: 'corrupt', reason: `the blob holds ${what}, and no snapshot of it holds what the run stored` };
}
