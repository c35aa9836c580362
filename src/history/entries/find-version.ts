import type { StoredFile } from '../../contracts/manifest.ts';
import type { BlobProperties, BlobStore, BlobVersion } from '../../storage/blob-store.ts';

/** The state of a blob that holds what a manifest says of a file. */
export interface Version {
  readonly name: string;
  readonly etag: string;
  /** Absent for the blob as it is. */
  readonly snapshot?: string;
  /** Bytes. */
  readonly size: number;
  readonly archived?: true;
}

/**
 * The version of a file's blob that the manifest means: the blob as it is when its etag is the entry's, or when its size and the
 * SHA-256 in its metadata are; otherwise the newest snapshot of which one of these is true. Undefined when storage has none. The
 * content is not read.
 */
export async function findVersion(
  store: BlobStore,
  file: StoredFile,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const present = await store.properties(file.blob, signal);
  if (present !== undefined && isVersionOf(present, file)) return versionOf(present);
  let found: BlobVersion | undefined;
  for await (const version of store.listVersions(file.blob, signal)) {
    // Of all names that begin with this one it comes first.
    if (version.name !== file.blob) break;
    if (isVersionOf(version, file)) found = version;
  }
  return found && versionOf(found);
}

/** Whether a blob or a snapshot is what the manifest means, as far as its properties tell. */
export function isVersionOf({ etag, size, metadata }: BlobProperties, file: StoredFile): boolean {
  return etag === file.etag || (size === file.size && metadata['sha256'] === file.sha256);
}

function versionOf({ name, etag, size, snapshot, archived }: BlobVersion): Version {
  return { name, etag, size, ...(snapshot !== undefined && { snapshot }), ...(archived && { archived }) };
}
