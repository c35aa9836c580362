import type { FileHandle } from 'node:fs/promises';
import type { EncodedPath } from '../../shared/encoded-path.ts';
import type { FileAttributes } from '../../shared/manifest.ts';
import { attributesOf } from '../walk.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore, type Precondition } from '../../storage/blob-store.ts';
import type { MemoryBudget } from '../memory-budget.ts';

/** The blob that a file becomes, and what storing it needs. */
export interface Target {
  readonly name: string;
  readonly path: EncodedPath;
  readonly store: BlobStore;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  readonly expectation: { exists: boolean };
}

export interface Stored {
  readonly outcome: 'uploaded' | 'adopted';
  readonly etag: string;
  readonly sha256: string;
}

// Each round is another writer's doing; after these the activity's own retry takes over.
const rounds = 3;

/**
 * Makes the blob hold content of this size and SHA-256: leaves it when it does already (an earlier attempt, or an answer that got
 * lost), keeps a snapshot of other content before it is overwritten, and never overwrites what it has not seen.
 */
export async function storeContent(
  target: Target,
  content: { readonly size: number; readonly sha256: string },
  write: (precondition: Precondition) => Promise<string>,
): Promise<Stored> {
  const { store, name, signal, expectation } = target;
  let found = expectation.exists ? await store.properties(name, signal) : undefined;
  for (let round = 1; ; round += 1) {
    expectation.exists = found !== undefined;
    if (found && holds(found, content)) return { outcome: 'adopted', etag: found.etag, sha256: content.sha256 };
    try {
      if (found) await store.snapshot(name, found.etag, signal);
      const etag = await write(found ? { etag: found.etag } : { absent: true });
      return { outcome: 'uploaded', etag, sha256: content.sha256 };
    } catch (error) {
      if (!isBlobStoreError(error, 'precondition-failed') || round >= rounds) throw error;
      found = await store.properties(name, signal);
    }
  }
}

export function holds(blob: BlobProperties, content: { readonly size: number; readonly sha256: string }): boolean {
  return blob.size === content.size && blob.metadata['sha256'] === content.sha256;
}

/** What a file's blob says of the file, for people and tools that see the blob alone. */
export function metadataOf(attributes: FileAttributes, sha256: string): Record<string, string> {
  return { sha256, mtime: attributes.mtimeNs, mode: attributes.mode.toString(8).padStart(4, '0') };
}

/** Whether the file is still as it was before it was read. */
export async function unchanged(file: FileHandle, before: FileAttributes): Promise<boolean> {
  const now = attributesOf(await file.stat({ bigint: true }));
  return now.size === before.size && now.mtimeNs === before.mtimeNs && now.ctimeNs === before.ctimeNs;
}
