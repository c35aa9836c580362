import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { findVersion } from '../../manifests/find-version.ts';
import { readVersion } from '../../manifests/read-version.ts';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import type { StoredFile } from '../../shared/manifest.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import { mtimeSeconds, restoredMode } from './file-attributes.ts';
import type { RestoreEntry } from './rows.ts';
import { writeContent } from './write-content.ts';

const blockSize = 4 * 1024 * 1024;
const blocksAhead = 3;
// Never what another process put there, nor through a symlink.
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
// Each try but the first follows another writer's work, or bytes that went wrong; after these the activity's own retry takes over.
const tries = 3;

/** Where the content of files comes from. */
export interface ContentSource {
  readonly store: BlobStore;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes a file's content and attributes to `temporary`, which must not be there, and makes sure that it outlasts a crash of the
 * machine. Throws an {@link ExpectedError} when storage does not hold, byte for byte, what the run put there.
 */
export async function writeFileFrom(
  entry: RestoreEntry,
  temporary: Buffer,
  source: ContentSource,
): Promise<{ readonly reason?: string }> {
  const { size } = entry;
  const release = await source.memory.take(Math.min(size, blockSize * (blocksAhead + 1)), source.signal);
  try {
    const file = await open(temporary, newFile, 0o600);
    try {
      await writeChecked(entry, file, source);
      const mode = restoredMode(entry);
      await file.utimes(Date.now() / 1000, mtimeSeconds(entry));
      await file.chmod(mode);
      await file.sync();
      return mode === entry.mode ? {} : { reason: 'without its set-user-id and set-group-id bits' };
    } finally {
      await file.close();
    }
  } finally {
    release();
  }
}

async function writeChecked(entry: RestoreEntry, file: FileHandle, source: ContentSource): Promise<void> {
  const { size, sha256 } = entry;
  for (let tried = 1; ; tried += 1) {
    try {
      const written = await writeContent(file, contentOf(entry, source, tried), source.onBytes);
      if (written.size === size && written.sha256 === sha256) return;
      // Bytes that went wrong on the way come right when they are asked for again.
      if (tried > 1)
        throw lost(
          `corrupt in storage: ${written.size} bytes with SHA-256 ${written.sha256} instead of ${size} with ${sha256}`,
        );
    } catch (error) {
      const isOverwritten = isBlobStoreError(error, 'precondition-failed') || isBlobStoreError(error, 'not-found');
      if (!isOverwritten || tried >= tries) throw error;
    }
    await file.truncate(0);
  }
}

async function* contentOf(
  entry: RestoreEntry,
  { store, signal }: ContentSource,
  tried: number,
): AsyncGenerator<Buffer> {
  const { blob, etag, sha256, size } = entry;
  if (blob === undefined || etag === undefined || sha256 === undefined) throw lost('the run names no content for it');
  const file: StoredFile = { blob, etag, sha256, size };
  // Mostly the blob is as the run left it, and asking for just that saves looking it up first.
  const version = tried === 1 ? { name: blob, etag, size } : await findVersion(store, file, signal);
  if (version === undefined)
    throw lost(`no longer in storage: neither ${blob} nor a snapshot of it is what the run put there`);
  yield* readVersion(store, version, signal, { blockSize, ahead: blocksAhead });
}

function lost(reason: string): ExpectedError {
  return new ExpectedError(failureTypes.storageRefused, reason);
}
