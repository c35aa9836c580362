import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { StoredFile } from '../../contracts/manifest.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { findVersion, type Version } from './find-version.ts';

// Each try but the first follows another writer's work, or bytes that went wrong; after these it is for the caller to try again.
const tries = 3;

/** What content turned out to be. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/**
 * What `read` gives of a file's content once that is, byte for byte, what the manifest says. The content is looked for again where the
 * blob was overwritten, and read once more where it is another. Throws an {@link ExpectedError} when storage does not hold it, and what
 * `read` throws.
 */
export async function readChecked<C extends Content>(
  store: BlobStore,
  file: Partial<StoredFile> & Pick<StoredFile, 'size'>,
  signal: AbortSignal,
  read: (version: Version) => Promise<C>,
): Promise<C> {
  const stored = storedFile(file);
  for (let tried = 1; ; tried += 1) {
    try {
      const content = await read(await versionOf(store, stored, signal, tried));
      if (content.size === stored.size && content.sha256 === stored.sha256) return content;
      // Bytes that went wrong on the way come right when they are asked for again.
      if (tried > 1) throw corrupt(content, stored);
    } catch (error) {
      const isOverwritten = isBlobStoreError(error, 'precondition-failed') || isBlobStoreError(error, 'not-found');
      if (!isOverwritten || tried >= tries) throw error;
    }
  }
}

async function versionOf(store: BlobStore, file: StoredFile, signal: AbortSignal, tried: number): Promise<Version> {
  const { blob, etag, size } = file;
  // Mostly the blob is as the run left it, and asking for just that saves looking it up first.
  const version = tried === 1 ? { name: blob, etag, size } : await findVersion(store, file, signal);
  if (version === undefined) throw notInStorage(file);
  return version;
}

/** The error about content that is gone. */
export function notInStorage({ blob }: StoredFile): ExpectedError {
  return lost(`no longer in storage: neither ${blob} nor a snapshot of it is what the run put there`);
}

function storedFile({ blob, etag, sha256, size }: Partial<StoredFile> & Pick<StoredFile, 'size'>): StoredFile {
  if (blob === undefined || etag === undefined || sha256 === undefined) throw lost('the run names no content for it');
  return { blob, etag, sha256, size };
}

/** The error about content that is not what the run stored. */
export function corrupt(found: Content, { size, sha256 }: StoredFile): ExpectedError {
  return lost(`corrupt in storage: ${found.size} bytes with SHA-256 ${found.sha256} instead of ${size} with ${sha256}`);
}

function lost(reason: string): ExpectedError {
  return new ExpectedError(failureTypes.storageRefused, reason);
}
